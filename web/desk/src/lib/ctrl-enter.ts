/** For {@attach …} on a form: Ctrl Enter (Cmd Enter) anywhere inside sends it, also from a text of several lines. */
export function ctrlEnter(run: () => void): (node: HTMLElement) => () => void {
	return (node) => {
		const onKey = (event: KeyboardEvent): void => {
			if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
			event.preventDefault();
			event.stopPropagation();
			run();
		};
		node.addEventListener('keydown', onKey);
		return () => node.removeEventListener('keydown', onKey);
	};
}
