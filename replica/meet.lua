-- Keeps the list of replicas, and of what this server's data has been through.
--
-- KEYS[1]  the replicas, by when their last word is no longer good
-- KEYS[2]  the histories: field, and when it was first seen, negative if
--          somebody had known another before it
-- ARGV     1 the replica, 2 how long its word is good, 3 live, apart (it has
--          not told all that it spent), gone, or asks (says nothing of itself),
--          4 the history it knew, 5 how long a replica that is missing is
--          remembered, 6 another server's history, where that is meant, 7 when
--          the one it knew had first been seen, then replicas that were there
-- All times are in milliseconds.

local history = ARGV[6]
if history == '' then
  history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Who knew another history before, or this one since an earlier time, knows that
-- something was forgotten. What was first seen in time to come was seen before
-- the clock was set back, nobody knows how long before.
local since = tonumber(redis.call('HGET', KEYS[2], history))
local follows = ARGV[4] ~= '' and (ARGV[4] ~= history or not since or math.abs(since) > tonumber(ARGV[7]))
if not since or math.abs(since) > now or follows and since > 0 then
  since = (follows or since and since < 0) and -now or now
  redis.call('HSET', KEYS[2], history, string.format('%.0f', since))
end

for i = 8, #ARGV do
  redis.call('ZADD', KEYS[1], 'NX', string.format('%.0f', now - 1), ARGV[i])
end
if ARGV[3] == 'gone' then
  redis.call('ZREM', KEYS[1], ARGV[1])
elseif ARGV[3] ~= 'asks' then
  local good = ARGV[3] == 'live' and now + ARGV[2] or now - 1
  redis.call('ZADD', KEYS[1], string.format('%.0f', good), ARGV[1])
end
-- A word that is good for too long is from before the clock was set back. Its
-- replica gives another, or is missing.
local longest = string.format('(%.0f', now + 2 * ARGV[2])
for _, replica in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], longest, '+inf')) do
  redis.call('ZADD', KEYS[1], string.format('%.0f', now - 1), replica)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[5]))
redis.call('PEXPIRE', KEYS[1], ARGV[5])

local live = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', now), '+inf')
local missing = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now), 'LIMIT', 0, 1000)
return {history, now, math.abs(since), since < 0 and 1 or 0, missing, live}
