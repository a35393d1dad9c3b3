-- Answers who holds the lease. If nobody does, or the process that asks, it does from now on.
-- KEYS: the holder, the last term. ARGV: the process, the term that it holds or held or "", the highest term that it
-- has heard of, how long a holder and a term are kept in milliseconds.
local holder = redis.call('GET', KEYS[1])
local last = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[3]))
if holder then
  local term, process = string.match(holder, '^(%d+):(%x+)$')
  if tonumber(term) < last then
    -- Redis has forgotten a later holder, and this one has gone on. Neither knows what the other has done: both begin
    -- again.
    last = last + 1
  elseif process ~= ARGV[1] then
    -- It was set by the clock of another Redis, if it is kept for longer.
    if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
    return {term, process}
  end
end
local term = tonumber(ARGV[2])
if not term or term < last then
  local time = redis.call('TIME')
  term = math.max(time[1] * 1000 + math.floor(time[2] / 1000), last) + 1
end
term = string.format('%.0f', term)
redis.call('SET', KEYS[1], term .. ':' .. ARGV[1], 'PX', ARGV[4])
redis.call('SET', KEYS[2], term, 'PX', ARGV[5])
return {term, ARGV[1]}
