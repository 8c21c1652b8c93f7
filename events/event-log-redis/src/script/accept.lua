-- Begins a new timeline of a partition: those who know of a later tail take this one for the truth.
-- KEYS  1 the hash of the partition
-- ARGV  1 incarnation   2 the last position that was not lost
-- The answer is the tail and the timeline.
local call, log = redis.call, KEYS[1]
local head = call('HMGET', log, 'incarnation', 'tail', 'timeline')
if not head[1] or not head[2] then return redis.error_reply('ELITELOST the hash is gone') end
if head[1] ~= ARGV[1] then return redis.error_reply('ELITEOTHER ' .. head[1]) end
if tonumber(head[2]) < tonumber(ARGV[2]) then return redis.error_reply('ELITEBEYOND ' .. head[2] .. ' ' .. ARGV[2]) end
-- One more than the last, and no less than the seconds since 1970: a timeline that was itself lost is then not begun again.
local timeline = math.max(tonumber(head[3] or '0') + 1, tonumber(call('TIME')[1]))
call('HSET', log, 'timeline', string.format('%d', timeline))
return { tonumber(head[2]), timeline }
