-- Appends an entry of an edge to the stream of the core, if that still holds the lease. Otherwise it answers who does.
-- KEYS: the holder, the last term, the stream. ARGV: the holder for which the entry is or "", its term or 0, the edge,
-- the number and the contents of the entry, then in milliseconds how long a term, a stream and an entry are kept, and
-- how many entries.
local holder = redis.call('GET', KEYS[1])
if tonumber(ARGV[2]) > tonumber(redis.call('GET', KEYS[2]) or '0') then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[6])
end
if not holder or holder ~= ARGV[1] then return holder or '' end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[9], '*', 'edge', ARGV[3], 'number', ARGV[4], 'items', ARGV[5])
local time = redis.call('TIME')
redis.call('XTRIM', KEYS[3], 'MINID', '~', string.format('%.0f', time[1] * 1000 - ARGV[8]))
redis.call('PEXPIRE', KEYS[3], ARGV[7])
return ARGV[1]
