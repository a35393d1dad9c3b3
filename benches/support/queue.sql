-- A store after busy months: 10,000 devices wait for a decision, with three reports each, and 100,000 are banned.
BEGIN;
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
INSERT INTO subjects (id, device, network, status, score, reports, first_report, last_report, last_report_id)
SELECT n, unhex(printf('%032x', n)), unhex(printf('%032x', n / 10)), iif(n <= 10000, 'open', 'closed'),
  iif(n <= 10000, 100 + n % 900, 0), iif(n <= 10000, 3, 0), unixepoch() - 3600, unixepoch() - 60, iif(n <= 10000, 3 * n, 0)
FROM numbers;
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000)
INSERT INTO reports (id, match, reporter_device, reporter_network, subject, subject_network, reason, words, started,
  received, code)
SELECT n, unhex(printf('%032x', n)), unhex(printf('%032x', 200000 + n % 5000)), unhex(printf('%032x', 200000 + n % 5000)),
  (n + 2) / 3, unhex(printf('%032x', (n + 2) / 30)), iif(n % 3 = 0, 'threats', 'spam'), 'They showed a recording.',
  unixepoch() - 3660, unixepoch() - 3600 + n % 3500, unhex(printf('%020x', n))
FROM numbers;
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
INSERT INTO sanctions (subject, device, network, kind, reason, is_automatic, started, until, code, reports, first_report,
  last_report)
SELECT n, unhex(printf('%032x', n)), unhex(printf('%032x', n / 10)), 'ban', 'spam', 0, unixepoch() - 86400,
  unixepoch() + 86400 * 29, unhex(printf('%020x', n)), 1, unixepoch() - 90000, unixepoch() - 90000
FROM numbers;
COMMIT;
