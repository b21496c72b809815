-- Keeps an operator's word on an account, and tells every sidecar.
--
-- KEYS 1  the store's own hash
-- ARGV 1  account   2 the word, as text   3 sidecar
-- Returns the stamp
--- include keys stamp news

redis.call('HSET', account_key(ARGV[1]), 'ov', ARGV[2])
touch(ARGV[1], 0)
tell_standing(ARGV[1], 0, ARGV[3], { 'ov', ARGV[2] })
return stamp(0)
