-- Adds news to the stream that all replicas follow, and numbers them, so that
-- whoever missed one sees it.
--
-- KEYS[1]  the stream
-- KEYS[2]  the number of the last
-- ARGV     1 the history that the replica takes this server's for, 2 how many
--          news are kept, then the news

local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
if history ~= ARGV[1] then
  return {'history', 0}
end
-- Whoever emptied the server took the number as well. What comes then has to be
-- greater than all that came before, or entries that were stored meanwhile would
-- seem to know of it; the clock is, by far.
if redis.call('EXISTS', KEYS[2]) == 0 then
  local time = redis.call('TIME')
  redis.call('SET', KEYS[2], string.format('%.0f', time[1] * 1000000 + time[2]))
end
local n = 0
for i = 3, #ARGV do
  n = redis.call('INCR', KEYS[2])
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'n', n, 'b', ARGV[i])
end
return {'told', n}
