// Runs before the first paint, so a theme chosen by hand does not flash. Kept out of the bundle for that reason.
(function () {
	try {
		var theme = localStorage.getItem('segue.theme');
		if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
	} catch (error) {
		/* storage is closed to us: follow the system */
	}
})();
