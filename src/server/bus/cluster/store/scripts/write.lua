-- Appends an entry to the stream of each edge, if the core that writes still holds the lease. Answers whether it did.
-- KEYS: the holder, the streams. ARGV: the core, the version, then in milliseconds how long a stream and an entry are
-- kept, how many entries, and for each stream the number and the contents of its entry; the number is "" for a reset.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local oldest = string.format('%.0f', time[1] * 1000 - ARGV[4])
for i = 2, #KEYS do
  local number, items = ARGV[2 * i + 2], ARGV[2 * i + 3]
  redis.call('XADD', KEYS[i], 'MAXLEN', '~', ARGV[5], '*', 'version', ARGV[2], 'number', number, 'items', items)
  redis.call('XTRIM', KEYS[i], 'MINID', '=', oldest)
  redis.call('PEXPIRE', KEYS[i], ARGV[3])
end
return 1
