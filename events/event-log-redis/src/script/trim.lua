-- Lets go of the events before a position: a portion of them, so that nobody else waits for long. What it says it let go of
-- and what is gone change together, so whoever stops between two portions leaves nothing to repair.
-- KEYS  1 the hash of the partition   2 its stream
-- ARGV  1 incarnation   2 the tail its caller knows   3 the timeline its caller knows   4 the first position to keep
--       5 how many positions are a portion
-- The answer is the first position that is still there.
local call, log, events = redis.call, KEYS[1], KEYS[2]
local head = call('HMGET', log, 'incarnation', 'tail', 'first', 'timeline')
if not head[1] or not head[2] then return redis.error_reply('ELITELOST the hash is gone') end
if head[1] ~= ARGV[1] then return redis.error_reply('ELITEOTHER ' .. head[1]) end
local timeline = head[4] or '0'
if timeline ~= ARGV[3] then return redis.error_reply('ELITETIMELINE ' .. head[2] .. ' ' .. timeline) end
local tail = tonumber(head[2])
if tail < tonumber(ARGV[2]) then return redis.error_reply('ELITEBEHIND ' .. head[2]) end
if call('EXISTS', events) == 0 then return redis.error_reply('ELITELOST the stream is gone') end
local first = tonumber(head[3] or '1')
local to = math.min(tonumber(ARGV[4]), tail + 1, first + tonumber(ARGV[5]))
if to <= first then return first end
local text = string.format('%d', to)
call('HSET', log, 'first', text)
-- A stream that holds nothing any more stays, and knows which id it gave last.
call('XTRIM', events, 'MINID', '=', text .. '-0')
return to
