"""A fair pipeline in Python: redis-py and asyncpg, batched both ways, with the checkpoint discipline of ours.

    pipeline.py REDIS POSTGRES EVENTS SECONDS

Two processes append with pipelined XADD, two fold eight partitions each: XREAD from the checkpoint, one transaction with
one upsert from unnest and the moved checkpoints. Ids are positions, so every fold is contiguous. It does less than ours:
nothing is de-duplicated at the append, an event is one field of JSON, and nobody leases a partition. Replies are parsed
in C (hiredis). Prints one JSON object.
"""

import asyncio
import json
import multiprocessing
import os
import sys
import time
import uuid

import asyncpg
import orjson
import redis.asyncio as redis
import uvloop

PARTITIONS = 16
WORKERS = 2
PRODUCERS = 2
APPEND = 100
BATCH = 250
TITLE = "x" * 489
UPSERT = """insert into bench_row select * from unnest($1::uuid[], $2::text[], $3::int8[], $4::jsonb[])
            on conflict (id) do update set doc = excluded.doc, seq = excluded.seq, body = excluded.body"""
MOVE = """update bench_checkpoint c set position = step.new from unnest($1::int4[], $2::int8[], $3::int8[])
          as step(partition, old, new) where c.partition = step.partition and c.position = step.old"""


def entry(number, now):
    document = f"document {number % 1000}"
    return {"event": orjson.dumps({
        "specversion": "1.0", "id": uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)).hex,
        "source": "/bench", "type": "session.started", "subject": document, "time": now,
        "datacontenttype": "application/json", "dataschema": "urn:elite:schema:session.started:1",
        "partitionkey": document, "recordedtime": now, "tenant": "default", "data": {"title": TITLE},
    })}


async def connect(url):
    connection = await asyncpg.connect(url)
    await connection.set_type_codec("jsonb", schema="pg_catalog", format="binary",
                                    encoder=lambda raw: b"\x01" + raw, decoder=lambda raw: raw[1:])
    return connection


class Producer:
    def __init__(self, url):
        self.redis = redis.Redis.from_url(url)
        self.tails = [0] * PARTITIONS

    async def append(self, partition, numbers):
        now = "2026-01-01T00:00:00.000000Z"
        pipe = self.redis.pipeline(transaction=False)
        for number in numbers:
            self.tails[partition] += 1
            pipe.xadd(f"peer:{{{partition}}}", entry(number, now), id=f"{self.tails[partition]}-0")
        await pipe.execute()
        return self.tails[partition]


async def flood(url, events, partitions):
    producer = Producer(url)
    for first in range(0, events, APPEND * PARTITIONS):
        last = min(events, first + APPEND * PARTITIONS)
        shares = ((p, range(first + p, last, PARTITIONS)) for p in partitions)
        await asyncio.gather(*(producer.append(p, numbers) for p, numbers in shares if numbers))


def rows_of(partition, entries, rows):
    for place, fields in entries:
        seq = int(place[:-2])
        event = orjson.loads(fields[b"event"])
        rows[0].append(uuid.UUID(hex=event["id"]))
        rows[1].append(event["subject"])
        rows[2].append(seq)
        rows[3].append(orjson.dumps(event["data"]))
    return seq


async def fold(redis_url, postgres_url, partitions):
    source, sink = redis.Redis.from_url(redis_url), await connect(postgres_url)
    at = {p: 0 for p in partitions}
    while True:
        streams = {f"peer:{{{p}}}": f"{at[p]}-0" for p in partitions}
        found = await source.xread(streams, count=BATCH, block=1000)
        if not found:
            continue
        rows, moved = ([], [], [], []), {}
        for stream, entries in found:
            p = int(stream[6:-1])
            moved[p] = rows_of(p, entries, rows)
            if moved[p] != at[p] + len(entries):
                raise SystemExit(f"a gap in partition {p}")
        async with sink.transaction():
            done = await sink.execute(MOVE, list(moved), [at[p] for p in moved], list(moved.values()))
            if done != f"UPDATE {len(moved)}":
                raise SystemExit("somebody else moved a checkpoint")
            await sink.execute(UPSERT, *rows)
        at.update(moved)


async def positions(connection):
    rows = await connection.fetch("select partition, position from bench_checkpoint order by partition")
    return [row["position"] for row in rows]


async def half_load(url, connection, first, rate, seconds):
    producer, waiting, latencies = Producer(url), [], []
    producer.tails = await positions(connection)
    sent, began = 0, time.perf_counter()

    async def produce():
        nonlocal sent
        while (spent := time.perf_counter() - began) < seconds:
            due, now = int(spent * rate), time.perf_counter()
            shares = [(p, range(first + sent + p, first + due, PARTITIONS)) for p in range(PARTITIONS)]
            shares = [(p, numbers) for p, numbers in shares if numbers]
            tails = await asyncio.gather(*(producer.append(p, numbers) for p, numbers in shares))
            waiting.extend((p, tail, len(numbers), now) for (p, numbers), tail in zip(shares, tails))
            sent = due
            await asyncio.sleep(max(0, 0.01 - (time.perf_counter() - now)))

    producing = asyncio.create_task(produce())
    while not producing.done() or waiting:
        at, now = await positions(connection), time.perf_counter()
        for p, tail, events, since in waiting:
            if at[p] >= tail:
                latencies.extend([(now - since) * 1000] * events)
        waiting[:] = [it for it in waiting if at[it[0]] < it[1]]
        await asyncio.sleep(0.002)
    await producing
    latencies.sort()
    return {"events_per_second": round(rate), "p50_ms": round(latencies[len(latencies) // 2], 2),
            "p99_ms": round(latencies[len(latencies) * 99 // 100], 2)}


def cpu(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(task, *arguments):
    uvloop.run(task(*arguments))


async def measure(redis_url, postgres_url, events, seconds):
    connection = await connect(postgres_url)
    await connection.execute("""
        create table bench_row (id uuid primary key, doc text not null, seq bigint not null, body jsonb not null);
        create table bench_checkpoint (partition int primary key, position bigint not null)""")
    await connection.execute("insert into bench_checkpoint select generate_series(0, $1 - 1), 0", PARTITIONS)
    shares = [list(range(worker, PARTITIONS, WORKERS)) for worker in range(WORKERS)]
    workers = [multiprocessing.Process(target=run, args=(fold, redis_url, postgres_url, share), daemon=True)
               for share in shares]
    for worker in workers:
        worker.start()
    await asyncio.sleep(2)
    before, began = [cpu(worker.pid) for worker in workers], time.perf_counter()
    floods = [(flood, redis_url, events, range(producer, PARTITIONS, PRODUCERS)) for producer in range(PRODUCERS)]
    producers = [multiprocessing.Process(target=run, args=arguments, daemon=True) for arguments in floods]
    for producer in producers:
        producer.start()
    while sum(await positions(connection)) < events:
        if not all(worker.is_alive() for worker in workers):
            raise SystemExit("a worker ended")
        await asyncio.sleep(0.002)
    rate = events / (time.perf_counter() - began)
    spent = sum(cpu(worker.pid) for worker in workers) - sum(before)
    for producer in producers:
        producer.join()
    half = await half_load(redis_url, connection, events, rate / 2, seconds)
    print(json.dumps({"events_per_second": round(rate), "half_load": half,
                      "cpu_us_per_event": {"workers": round(spent * 1e6 / events, 2)}}))
    for worker in workers:
        worker.terminate()


if __name__ == "__main__":
    uvloop.run(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
