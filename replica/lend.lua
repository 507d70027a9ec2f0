-- Lends calls of one budget to one replica: a bucket and a sliding window, on
-- this server's clock.
--
-- KEYS[1]  the budget. Fields: t and a, the tokens in the bucket and when they
--          were counted; s<n>, the calls that count from the end of slot n on;
--          h, until when Notion holds the connection; w, r and o with a lane's
--          number: until when the lane waits somewhere, where, and the tenths
--          of a call that it is owed; b, since when the budget has been kept,
--          in microseconds; f, when it was noticed that it had been forgotten.
-- ARGV     1 the history that the replica takes this server's for, 2 the
--          replica, 3 calls wanted, 4 in which lane, 5 calls a second, 6 at
--          once, 7 in a window, 8 of these left to others, 9 unused calls of
--          the loan of slot 10, 11 how long a loan lasts, 12 how long a call
--          counts, 13 the length of a slot, 14 replicas that live, 15 that are
--          missing, 16 that may be, 17 how long the connection is held yet,
--          18 whether that is over, 19 since when the budget must have been
--          kept (b), 0 if that is not known, 20 how long what was forgotten may
--          count, then pairs: how long ago, and how many calls left without a
--          loan. All times but b are in milliseconds.

local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
if history ~= ARGV[1] then
  return {'history', history}
end

local arg = {}
for i = 3, #ARGV do arg[i] = tonumber(ARGV[i]) end
local me, calls, lane = ARGV[2], arg[3], arg[4]
local rate, burst, most = arg[5] / 1000, arg[6], arg[7]
local span, slotLength = arg[12], arg[13]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- latest is the latest time that it was here already, as far as that shows; no
-- loan lasts longer than a second.
local has, slots, gone, latest = {}, {}, {}, now
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  local slot = tonumber(string.match(flat[i], '^s(%d+)$'))
  if not slot then
    has[flat[i]] = flat[i] == 'r0' and flat[i + 1] or flat[i] == 'r1' and flat[i + 1] or tonumber(flat[i + 1])
  elseif (slot + 1) * slotLength + span <= now then
    gone[#gone + 1] = flat[i]
  else
    slots[slot] = tonumber(flat[i + 1])
    latest = math.max(latest, slot * slotLength - 1000)
  end
end
latest = math.max(latest, has.a or now)

-- Whoever asked within the last minute knows since when the budget is kept. If
-- that is not so any more, nobody knows what the others spent before. What was
-- noticed in time to come was noticed before the clock was set back.
if has.f and has.f > now or arg[19] > 0 and has.b ~= arg[19] and not has.f then
  has.f = now
  redis.call('HSET', KEYS[1], 'f', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], arg[20] + 1000)
end
if has.f and now < has.f + arg[20] then
  return {'forgot', string.format('%.0f', has.b or 0), now - has.f}
end

local set = {}
local function count(slot, n)
  slots[slot] = math.max(0, (slots[slot] or 0) + n)
  set['s' .. slot] = slots[slot]
end

-- The clock was set back, or it is another server's. What was spent would count,
-- and lanes and holds be waited for, until it has caught up; so all that moves
-- along, as if no time had passed meanwhile.
if latest > now then
  local by, moved = math.floor((latest - now) / slotLength), {}
  for slot, n in pairs(slots) do
    gone[#gone + 1] = 's' .. slot
    moved[slot - by], set['s' .. slot - by] = n, n
  end
  slots = moved
  for _, field in ipairs({'h', 'w0', 'w1', 'w2'}) do
    if (has[field] or 0) > 0 then
      has[field] = has[field] - (latest - now)
      set[field] = has[field]
    end
  end
end

local tokens = math.min(burst, (has.t or burst) + math.max(0, now - (has.a or now)) * rate)
for i = 21, #ARGV, 2 do
  count(math.floor((now - arg[i]) / slotLength), arg[i + 1])
  tokens = math.max(-burst, tokens - arg[i + 1])
end
local back = math.min(arg[9], slots[arg[10]] or 0)
if back > 0 then
  count(arg[10], -back)
  tokens = math.min(burst, tokens + back)
end

local held = has.h or 0
if arg[18] == 1 then held = 0 end
if arg[17] > 0 then held = math.max(held, now + arg[17]) end
if held > 0 and held <= now then
  tokens = math.min(tokens, 1 + (now - held) * rate)
  held = 0
end

local spent, oldest = 0, nil
for slot, n in pairs(slots) do
  spent = spent + n
  if n > 0 and (not oldest or slot < oldest) then oldest = slot end
end

-- Who is missing may be spending its part without us.
local limit = most - arg[15] * math.floor(most / arg[16]) - arg[8]
local wait = 0
local n = math.min(calls, math.floor(tokens + 1e-6), limit - spent)
if arg[14] > 1 then
  n = math.min(n, math.max(1, math.ceil(tokens / arg[14])))
end
if calls > 0 and held > now then
  n, wait = 0, held - now
elseif calls > 0 and n <= 0 then
  if tokens < 1 then wait = math.ceil((1 - tokens) / rate) end
  if spent >= limit then
    wait = math.max(wait, oldest and (oldest + 1) * slotLength + span - now or 1000)
  end
elseif calls > 0 then
  local owed = math.floor((has['o' .. lane] or 0) / 10)
  for l = 0, lane - 1 do
    if (has['w' .. l] or 0) > now and has['r' .. l] ~= me and owed < n then
      n, wait = owed, math.max(1, has['w' .. l] - now)
    end
  end
end
n = math.max(0, n)

local window = {}
for slot, number in pairs(slots) do
  if number > 0 then
    window[#window + 1] = now - (slot + 1) * slotLength
    window[#window + 1] = number
  end
end

local slot = math.floor((now + arg[11]) / slotLength)
if n > 0 then
  count(slot, n)
  tokens = tokens - n
  for l = lane + 1, 2 do
    if (has['w' .. l] or 0) > now then
      set['o' .. l] = math.min(20, (has['o' .. l] or 0) + n)
    end
  end
  if (has['o' .. lane] or 0) > 0 then
    set['o' .. lane] = math.max(0, has['o' .. lane] - 10 * n)
  end
end
if calls > n then
  -- It asks again when it has waited. If it does not, it wants no more.
  set['w' .. lane] = now + math.min(1000, math.ceil(wait * 1.2) + 50)
  if lane < 2 then set['r' .. lane] = me end
elseif calls > 0 and (lane == 2 or has['r' .. lane] == me) then
  set['w' .. lane] = 0
end

set.t, set.a, set.h, set.b = tokens, now, held, has.b or time[1] * 1000000 + time[2]
local write = {}
for field, value in pairs(set) do
  write[#write + 1] = field
  write[#write + 1] = type(value) == 'number' and string.format('%.17g', value) or value
end
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
redis.call('HSET', KEYS[1], unpack(write))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(span + 4 * slotLength + 2000, held - now + 60000, burst / rate)))

return {'lent', n, slot, math.ceil(wait), string.format('%.6f', tokens), math.max(0, held - now), window, string.format('%.0f', set.b)}
