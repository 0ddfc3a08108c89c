// Article HTML is made by our server from Markdown with raw HTML off. It is still not put into the page as it comes:
// the tree is built anew from allowed elements, attributes and link schemes, so a fault over there is no fault here.
const ELEMENTS = new Set('p br hr h1 h2 h3 h4 h5 h6 ul ol li strong em b i del code pre blockquote a table thead tbody tr th td'.split(' '));
// Left out with everything in it.
const DROPPED = new Set('script style iframe object embed svg math template noscript form input button textarea select link meta base'.split(' '));
const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:']);

function safeHref(value: string): string | null {
	try {
		return SCHEMES.has(new URL(value, location.origin).protocol) ? value : null;
	} catch {
		return null;
	}
}

function copy(from: Node, to: Node, shift: number): void {
	for (const node of from.childNodes) {
		if (node.nodeType === Node.TEXT_NODE) {
			to.appendChild(document.createTextNode(node.textContent ?? ''));
		} else if (node instanceof Element || node.nodeType === Node.ELEMENT_NODE) {
			copyElement(node as Element, to, shift);
		}
	}
}

function copyElement(element: Element, to: Node, shift: number): void {
	const name = element.localName;
	if (DROPPED.has(name)) return;
	if (!ELEMENTS.has(name)) {
		copy(element, to, shift);
		return;
	}
	const heading = /^h([1-6])$/.exec(name);
	const made = document.createElement(heading ? `h${Math.min(6, Math.max(1, Number(heading[1]) + shift))}` : name);
	if (name === 'a') {
		const href = safeHref(element.getAttribute('href') ?? '');
		if (href !== null) {
			made.setAttribute('href', href);
			made.setAttribute('rel', 'noopener noreferrer nofollow');
			if (/^https?:/i.test(href)) made.setAttribute('target', '_blank');
		}
	}
	copy(element, made, shift);
	to.appendChild(made);
}

/** A fragment to append. Its highest heading becomes `level`, so that it stands in order below the page's own. */
export function sanitize(html: string, level = 2): DocumentFragment {
	const parsed = new DOMParser().parseFromString(html, 'text/html');
	const fragment = document.createDocumentFragment();
	const highest = [1, 2, 3, 4, 5, 6].find((one) => parsed.body.querySelector(`h${one}`)) ?? level;
	copy(parsed.body, fragment, level - highest);
	return fragment;
}
