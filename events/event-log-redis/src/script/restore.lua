-- Makes a partition that holds no event and knows where it ended. It has no tail yet, so nothing can be appended to it. What a
-- restore that broke off left of it is removed.
-- KEYS  1 the hash of the partition   2 its stream
-- ARGV  1 incarnation   2 number of partitions   3 repeat window   4 when the log was made   5 the tail it is to have
--       6 what the keys of its ids begin with
local call, log, events, ids = redis.call, KEYS[1], KEYS[2], ARGV[6]
local head = call('HMGET', log, 'incarnation', 'tail', 'restoring')
if head[1] and head[1] ~= ARGV[1] then return redis.error_reply('ELITEOTHER ' .. head[1]) end
if head[2] or (head[1] and not head[3]) then return redis.error_reply('ELITETHERE') end
local function forget(tail)
  local generation = math.floor(tonumber(tail) / tonumber(ARGV[3]))
  for near = math.max(generation - 1, 0), generation + 1 do call('UNLINK', string.format('%s:%d', ids, near)) end
end
forget(ARGV[5])
if head[3] then forget(head[3]) end
call('UNLINK', log, events)
call('HSET', log, 'incarnation', ARGV[1], 'partitions', ARGV[2], 'repeats', ARGV[3], 'created', ARGV[4], 'restoring', ARGV[5])
call('XGROUP', 'CREATE', events, 'elite', '0', 'MKSTREAM')
call('XGROUP', 'DESTROY', events, 'elite')
if ARGV[5] ~= '0' then
  local last = ARGV[5] .. '-0'
  call('XSETID', events, last, 'ENTRIESADDED', ARGV[5], 'MAXDELETEDID', last)
end
return 'OK'
