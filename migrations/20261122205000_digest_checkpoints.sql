-- All events that a checkpoint has passed in one number, to be compared with the same number of the log. None where folding had
-- begun before this column was there; the next verification that finds no difference fills it in.
alter table elite.subscription_partition
    add column digest bytea,
    add constraint digest_has_256_bits check (octet_length(digest) = 32);
