-- Gives the lease back, if this process holds it.
-- KEYS: the holder. ARGV: the process and its term.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
