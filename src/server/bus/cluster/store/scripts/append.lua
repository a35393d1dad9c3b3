-- Appends an entry of an edge to the stream of the core, if that still holds the lease. Otherwise it answers who does.
-- KEYS: the holder, the last term, the stream. ARGV: the holder for which the entry is or "", its term or 0, the
-- version, the edge, the number and the contents of the entry, then in milliseconds how long a term, a stream and an
-- entry are kept, and how many entries.
local holder = redis.call('GET', KEYS[1])
local known = tonumber(ARGV[2])
if known > tonumber(redis.call('GET', KEYS[2]) or '0') then
  -- Redis has forgotten this term. If an earlier holder has gone on since, both it and the later one begin again.
  if holder then known = known + 1 end
  redis.call('SET', KEYS[2], string.format('%.0f', known), 'PX', ARGV[7])
end
if not holder or holder ~= ARGV[1] then return holder or '' end
local fields = { 'version', ARGV[3], 'edge', ARGV[4], 'number', ARGV[5], 'items', ARGV[6] }
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[10], '*', unpack(fields))
local time = redis.call('TIME')
redis.call('XTRIM', KEYS[3], 'MINID', '=', string.format('%.0f', time[1] * 1000 - ARGV[9]))
redis.call('PEXPIRE', KEYS[3], ARGV[8])
return ARGV[1]
