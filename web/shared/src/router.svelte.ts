// History routing: one URL per state. `link` on a container makes its <a href> inside the base load without a request.
export interface Route {
	path: string;
	query: URLSearchParams;
	hash: string;
}

function read(base: string): Route {
	const { pathname, search, hash } = location;
	const path = pathname.startsWith(base) ? `/${pathname.slice(base.length)}` : '/';
	return { path: path.replace(/(.)\/+$/, '$1'), query: new URLSearchParams(search), hash };
}

export class Router {
	readonly base: string;
	route: Route = $state.raw({ path: '/', query: new URLSearchParams(), hash: '' });
	/** Grows with every navigation (not with `quiet` ones): for moving the focus and the scroll position. */
	visits = $state(0);
	/** The last one was Back or Forward: the browser puts the scroll position back itself. */
	popped = false;

	constructor(base: string) {
		this.base = base;
		this.route = read(base);
		addEventListener('popstate', () => this.#changed(true));
	}

	#changed(popped: boolean): void {
		this.popped = popped;
		this.route = read(this.base);
		this.visits++;
	}

	href(path: string): string {
		return this.base + path.replace(/^\//, '');
	}

	/** `replace` leaves no step for Back; `quiet` also keeps the focus where it is (a search being typed). */
	go(path: string, options: { replace?: boolean; quiet?: boolean } = {}): void {
		const href = this.href(path);
		if (options.replace || options.quiet) history.replaceState(null, '', href);
		else history.pushState(null, '', href);
		if (options.quiet) this.route = read(this.base);
		else this.#changed(false);
	}

	/** Matches `/case/{id}` and gives the id. */
	match(prefix: string): string | null {
		const { path } = this.route;
		return path.startsWith(`${prefix}/`) ? decodeURIComponent(path.slice(prefix.length + 1)) : null;
	}

	/** For use:router.link on a container. */
	link = (node: HTMLElement) => {
		const onClick = (event: MouseEvent) => {
			if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
			const anchor = (event.target as Element).closest('a');
			if (!anchor || anchor.target || anchor.hasAttribute('download')) return;
			const url = new URL(anchor.href);
			if (url.origin !== location.origin || !url.pathname.startsWith(this.base) || url.pathname.startsWith('/api/')) return;
			if (url.pathname === location.pathname && url.search === location.search && url.hash) return;
			event.preventDefault();
			this.go(`/${url.pathname.slice(this.base.length)}${url.search}${url.hash}`);
		};
		node.addEventListener('click', onClick);
		return { destroy: () => node.removeEventListener('click', onClick) };
	};
}
