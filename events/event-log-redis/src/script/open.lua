-- Checks one partition when a log is opened, or makes it when the log is being made.
-- KEYS  1 the hash of the partition   2 its stream
-- ARGV  1 incarnation   2 number of partitions   3 repeat window   4 when the log was made   5 '1': make it if it is not there
-- The answer is the tail and the timeline.
local call, log, events = redis.call, KEYS[1], KEYS[2]
local head = call('HMGET', log, 'incarnation', 'tail', 'timeline')
local exists = call('EXISTS', events) == 1
if not head[1] then
  if ARGV[5] ~= '1' then return redis.error_reply('ELITELOST the hash is gone') end
  if exists then return redis.error_reply('ELITEOTHER unknown') end
  call('HSET', log, 'incarnation', ARGV[1], 'partitions', ARGV[2], 'repeats', ARGV[3], 'created', ARGV[4], 'tail', '0')
  -- An empty stream, which appends never make: for them a stream that is not there is one that was lost.
  call('XGROUP', 'CREATE', events, 'elite', '0', 'MKSTREAM')
  call('XGROUP', 'DESTROY', events, 'elite')
  return { 0, 0 }
end
if head[1] ~= ARGV[1] then return redis.error_reply('ELITEOTHER ' .. head[1]) end
if not head[2] then return redis.error_reply('ELITELOST the tail is gone') end
if not exists then return redis.error_reply('ELITELOST the stream is gone') end
local info = call('XINFO', 'STREAM', events)
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' and info[i + 1] ~= head[2] .. '-0' then
    return redis.error_reply('ELITETORN ' .. info[i + 1] .. ' ' .. head[2])
  end
end
return { tonumber(head[2]), tonumber(head[3] or '0') }
