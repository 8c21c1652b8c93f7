-- Opens a restored partition: it ends where it ended, and everything up to there is trimmed. Once is as good as twice.
-- KEYS  1 the hash of the partition
-- ARGV  1 incarnation
local call, log = redis.call, KEYS[1]
local head = call('HMGET', log, 'incarnation', 'tail', 'restoring')
if not head[1] then return redis.error_reply('ELITELOST the hash is gone') end
if head[1] ~= ARGV[1] then return redis.error_reply('ELITEOTHER ' .. head[1]) end
if not head[3] then
  if head[2] then return 'OK' end
  return redis.error_reply('ELITELOST the tail is gone')
end
-- Those who have the log open from before it was lost may know of a later tail: this is a timeline of its own.
local first = string.format('%d', tonumber(head[3]) + 1)
call('HSET', log, 'tail', head[3], 'first', first, 'timeline', call('TIME')[1])
call('HDEL', log, 'restoring')
return 'OK'
