// Stands for the built page where a test or a benchmark starts a server but no browser.
