------------------------------ MODULE WritePath ------------------------------
(* The write path of the cluster: nodes send commands through a Redis stream, and one worker at a time decides them in the ledger.

   One partition with one chat. A job is one command in flight: a creation of a message, or an edit, which represents every other
   command. The ledger assigns the numbers. A message gets the chat's last number plus one in the transaction that stores it, and so
   does a change. The position of the stream's epoch advances in the same transaction. Everything else may fail: each action below that
   counts as a fault can happen at any moment, FaultsMax times in total, in any combination.

   `Without` leaves out one rule of the protocol, to show why it is needed: see README.md beside this file. *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    Workers, Nobody,
    Creations,       \* jobs that create a message
    Retries,         \* creations with the Idempotency-Key and the same content: one request, sent again
    Reusers,         \* creations with the same key and another content
    Edits,           \* jobs that edit a message
    Conditional,     \* edits that must be refused if there was a change since the node read the ledger (If-Match)
    BatchMax,        \* maximum entries per batch
    FaultsMax,       \* maximum number of faults of all kinds
    SavesMax,        \* maximum number of older append-only files
    Without          \* rules left out; {} is the complete protocol

VARIABLES
    redis,           \* the state of Redis: the stream, its epoch (0: none set), the last id, a counter (for a broken variant)
    saved,           \* older append-only files
    highest,         \* for each epoch the highest id ever assigned in it
    ledger,          \* the database: messages and changes in order of commit, owner of the partition, epoch, positions
    txn,             \* the transaction with the lock on the partition's row
    worker,          \* the batch and the cached state of each worker
    sent, passed,    \* the node's knowledge of a job it sent; whether it read a position at or above the job's id
    published,       \* every answer that was published or looked up, received by a client or not
    faults           \* the number of faults so far

vars == <<redis, saved, highest, ledger, txn, worker, sent, passed, published, faults>>

Jobs == Creations \union Edits
Keyed == Retries \union Reusers
Epochs == 1..(FaultsMax + 1)
With(rule) == rule \notin Without

Refused == 0                                 \* an answer is Refused or the number of the message or change
Max(a, b) == IF a > b THEN a ELSE b
Min(a, b) == IF a < b THEN a ELSE b

EmptyRedis == [epoch |-> 0, last |-> 0, stream |-> <<>>, counter |-> 0]
NotSent == [is |-> "not sent", epoch |-> 0, id |-> 0]
NoTxn == [by |-> Nobody, epoch |-> 0, batch |-> <<>>, messages |-> 0, changes |-> 0]
NoMemory == [known |-> FALSE, messages |-> 0, changes |-> 0]
NoDeletion == [epoch |-> 0, ids |-> {}]
Fresh == [at |-> "idle", batch |-> <<>>, epoch |-> 0, linked |-> TRUE, memory |-> NoMemory, deletion |-> NoDeletion]

Init ==
    /\ redis = EmptyRedis
    /\ saved = {}
    /\ highest = [e \in Epochs |-> 0]
    /\ \E w \in Workers : ledger = [messages |-> <<>>, changes |-> <<>>, owner |-> w, epoch |-> 0, position |-> [e \in Epochs |-> 0]]
    /\ txn = NoTxn
    /\ worker = [w \in Workers |-> Fresh]
    /\ sent = [j \in Jobs |-> NotSent]
    /\ passed = {}
    /\ published = {}
    /\ faults = 0

Fault == faults < FaultsMax /\ faults' = faults + 1

------------------------------------------------------------------------------
(* A node. It reads the chat's last numbers in the ledger (`seen`), then sends the job by a script. The id is at least the stream's last
   id plus one. With a correct clock it is higher than all earlier ids. A clock that was set back after a loss may repeat ids. A full
   stream changes nothing and is left out, as is a command that never reached Redis. A node that gives up (outcome_unknown) takes no
   further action. *)

NextEpoch == CHOOSE e \in Epochs : highest[e] = 0 /\ \A f \in Epochs : f < e => highest[f] > 0

\* The reply may be lost. The node does not keep a creation's id, because it concludes nothing from it.
Knows(j) == j \in Edits \/ ~With("doubt about creations")

Send(j) ==
    /\ sent[j] = NotSent
    /\ LET e == IF redis.epoch = 0 THEN NextEpoch ELSE redis.epoch
           number == IF With("numbers of the ledger") THEN 0 ELSE redis.counter + 1
           seen == IF j \in Edits THEN Len(ledger.changes) ELSE Len(ledger.messages)
       IN \E id \in {redis.last + 1, highest[e] + 1} :
            /\ redis' = [epoch |-> e, last |-> id, counter |-> number,
                         stream |-> Append(redis.stream, [id |-> id, job |-> j, seen |-> seen, number |-> number])]
            /\ highest' = [highest EXCEPT ![e] = Max(@, id)]
            /\ \/ sent' = [sent EXCEPT ![j] = [is |-> "sent", epoch |-> 0, id |-> 0]]
               \/ Knows(j) /\ sent' = [sent EXCEPT ![j] = [is |-> "sent", epoch |-> e, id |-> id]]
    /\ UNCHANGED <<saved, ledger, txn, worker, passed, published, faults>>

\* The first half of the lookup: the position shows that the job is no longer in flight.
ReadPosition(j) ==
    /\ sent[j].id > 0
    /\ ledger.epoch = sent[j].epoch /\ ledger.position[ledger.epoch] >= sent[j].id
    /\ passed' = passed \union {j}
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, worker, sent, published, faults>>

RowsOf(rows, jobs) == {i \in DOMAIN rows : rows[i].job \in jobs}
SameRequest(j) == IF j \in Retries THEN Retries ELSE IF j \in Reusers THEN Reusers ELSE {j}

\* The second half: the job, then its key. Only a job without both whose position has passed is refused.
ReadJob(j) ==
    /\ sent[j] # NotSent
    /\ LET rows == IF j \in Edits THEN ledger.changes ELSE ledger.messages
           found == RowsOf(rows, SameRequest(j))
           reused == j \in Keyed /\ RowsOf(ledger.messages, Keyed) # {}
       IN \E answer \in IF found # {} THEN {rows[i].number : i \in found} ELSE IF reused \/ j \in passed THEN {Refused} ELSE {} :
            published' = published \union {[job |-> j, answer |-> answer]}
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, worker, sent, passed, faults>>

------------------------------------------------------------------------------
(* Redis. It may lose everything, or restart with an older append-only file. Then deleted entries are back, later entries are lost, and
   the epoch is the older one. A restart closes all connections and loses the commands in flight. *)

Flush ==
    /\ redis # EmptyRedis
    /\ redis' = EmptyRedis
    /\ Fault
    /\ UNCHANGED <<saved, highest, ledger, txn, worker, sent, passed, published>>

Save ==
    /\ Cardinality(saved) < SavesMax /\ faults < FaultsMax
    /\ saved' = saved \union {redis}
    /\ UNCHANGED <<redis, highest, ledger, txn, worker, sent, passed, published, faults>>

Restore ==
    /\ \E older \in saved : older # redis /\ redis' = older
    /\ worker' = [w \in Workers |-> IF ~With("one connection") THEN worker[w]
                                    ELSE [worker[w] EXCEPT !.deletion = NoDeletion, !.linked = worker[w].at = "idle"]]
    /\ Fault
    /\ UNCHANGED <<saved, highest, ledger, txn, sent, passed, published>>

------------------------------------------------------------------------------
(* Decides entry by entry. `s` is the state so far: the ledger, and the last numbers in the worker's cache. *)

Creates(s, x) ==
    LET number == IF With("numbers of the ledger") THEN s.last + 1 ELSE x.number
        before == RowsOf(s.messages, SameRequest(x.job))
        taken == x.job \in Keyed /\ RowsOf(s.messages, Keyed) # {}
        answer == IF ~taken THEN number ELSE IF before = {} THEN Refused ELSE s.messages[CHOOSE i \in before : TRUE].number
    IN [s EXCEPT !.messages = IF taken THEN @ ELSE Append(@, [number |-> number, job |-> x.job]),
                 !.last = IF taken THEN @ ELSE number,
                 !.answers = @ \union {[job |-> x.job, answer |-> answer]}]

Changes(s, x) ==
    IF x.job \in Conditional /\ s.lastChange # x.seen
    THEN [s EXCEPT !.answers = @ \union {[job |-> x.job, answer |-> Refused]}]
    ELSE [s EXCEPT !.changes = Append(@, [number |-> s.lastChange + 1, job |-> x.job]),
                   !.lastChange = @ + 1,
                   !.answers = @ \union {[job |-> x.job, answer |-> s.lastChange + 1]}]

\* An entry at or below the position was probably committed but not deleted. But Redis may have restarted and assigned the id twice.
\* So the job is looked up among the rows above the number that the node read before it sent.
Redelivered(s, x) ==
    LET rows == IF x.job \in Edits THEN s.changes ELSE s.messages
        found == {i \in RowsOf(rows, {x.job}) : rows[i].number > x.seen}
    IN IF found # {} /\ With("job check")
       THEN [s EXCEPT !.answers = @ \union {[job |-> x.job, answer |-> rows[CHOOSE i \in found : TRUE].number]}]
       ELSE IF x.job \in Creations THEN Creates(s, x)
       ELSE s

RECURSIVE Decide(_, _)
Decide(s, batch) ==
    IF batch = <<>> THEN s
    ELSE LET x == Head(batch)
             t == IF x.id <= s.position THEN Redelivered(s, x) ELSE IF x.job \in Creations THEN Creates(s, x) ELSE Changes(s, x)
         IN Decide([t EXCEPT !.position = Max(@, x.id)], Tail(batch))

\* An epoch other than the row's is a new stream, unless it is a past one, whose position was kept.
PositionIn(e) == IF With("past epochs") \/ e = ledger.epoch THEN ledger.position[e] ELSE 0

Decided == Decide([messages |-> ledger.messages, changes |-> ledger.changes, last |-> txn.messages, lastChange |-> txn.changes,
                   position |-> PositionIn(txn.epoch), answers |-> {}], txn.batch)

------------------------------------------------------------------------------
(* A worker. Its lease may expire at any moment, by the database's clock. The worker notices only in its next transaction. *)

Takeover(w) ==
    /\ ledger.owner # w /\ txn = NoTxn /\ worker[w].at \in {"idle", "read"}
    /\ ledger' = [ledger EXCEPT !.owner = w]
    /\ worker' = IF With("forgetting at takeover") THEN [worker EXCEPT ![w].memory = NoMemory] ELSE worker
    /\ Fault
    /\ UNCHANGED <<redis, saved, highest, txn, sent, passed, published>>

\* By the owner, or by a former owner that has not noticed. The read starts at the first entry, includes the epoch in one step, and
\* follows the previous deletion on the same connection.
Read(w) ==
    /\ worker[w].at = "idle" /\ worker[w].deletion = NoDeletion
    /\ ledger.owner = w \/ worker[w].memory.known
    /\ redis.stream # <<>>
    /\ worker' = [worker EXCEPT ![w].at = "read", ![w].epoch = redis.epoch, ![w].linked = TRUE,
                                ![w].batch = SubSeq(redis.stream, 1, Min(BatchMax, Len(redis.stream)))]
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, sent, passed, published, faults>>

\* Waits for the lock on the partition's row and checks the owner. Reads the last numbers that are not cached.
Begin(w) ==
    /\ worker[w].at = "read" /\ txn = NoTxn
    /\ IF With("lease check") /\ ledger.owner # w
       THEN worker' = [worker EXCEPT ![w] = Fresh] /\ UNCHANGED txn
       ELSE LET memory == worker[w].memory
            IN /\ txn' = [by |-> w, epoch |-> worker[w].epoch, batch |-> worker[w].batch,
                          messages |-> IF memory.known THEN memory.messages ELSE Len(ledger.messages),
                          changes |-> IF memory.known THEN memory.changes ELSE Len(ledger.changes)]
               /\ worker' = [worker EXCEPT ![w].at = "txn"]
    /\ UNCHANGED <<redis, saved, highest, ledger, sent, passed, published, faults>>

\* The database commits. If the worker still waits, it publishes the answers and sends the deletion of exactly these entries, unless the
\* connection that read them is closed. (A worker that does none or only a part of that is one that gives up immediately after.)
Commit ==
    /\ txn # NoTxn
    /\ LET d == Decided
           w == txn.by
           waits == worker[w].at = "txn"
           batch == txn.batch
       IN /\ ledger' = [ledger EXCEPT !.messages = d.messages, !.changes = d.changes, !.epoch = txn.epoch,
                                      !.position = [e \in Epochs |-> IF e = txn.epoch THEN d.position ELSE PositionIn(e)]]
          /\ published' = published \union d.answers
          /\ worker' = IF ~waits THEN worker
                       ELSE [worker EXCEPT ![w] = [Fresh EXCEPT
                                !.memory = [known |-> TRUE, messages |-> d.last, changes |-> d.lastChange],
                                !.deletion = IF worker[w].linked
                                             THEN [epoch |-> txn.epoch, ids |-> {batch[i].id : i \in DOMAIN batch}] ELSE @]]
    /\ txn' = NoTxn
    /\ UNCHANGED <<redis, saved, highest, sent, passed, faults>>

\* The database rolls back because of an ended session or any error. The worker drops its cached state.
Rollback ==
    /\ txn # NoTxn
    /\ txn' = NoTxn
    /\ worker' = IF worker[txn.by].at = "txn" THEN [worker EXCEPT ![txn.by] = Fresh] ELSE worker
    /\ Fault
    /\ UNCHANGED <<redis, saved, highest, ledger, sent, passed, published>>

\* The script of the deletion, which checks the epoch.
Delete(w) ==
    /\ worker[w].deletion # NoDeletion
    /\ LET stays(x) == worker[w].deletion.epoch # redis.epoch \/ x.id \notin worker[w].deletion.ids
       IN redis' = [redis EXCEPT !.stream = SelectSeq(@, stays)]
    /\ worker' = [worker EXCEPT ![w].deletion = NoDeletion]
    /\ UNCHANGED <<saved, highest, ledger, txn, sent, passed, published, faults>>

\* The connection to Redis breaks.
LoseDeletion(w) ==
    /\ worker[w].deletion # NoDeletion
    /\ worker' = [worker EXCEPT ![w].deletion = NoDeletion]
    /\ Fault
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, sent, passed, published>>

\* A crash, or a lost reply of the database. The worker closes its session, whose COMMIT may still be in flight.
GiveUp(w) ==
    /\ worker[w] # Fresh
    /\ worker' = [worker EXCEPT ![w] = IF With("forgetting after errors") THEN Fresh ELSE [Fresh EXCEPT !.memory = worker[w].memory]]
    /\ Fault
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, sent, passed, published>>

------------------------------------------------------------------------------
Next ==
    \/ \E j \in Jobs : Send(j) \/ ReadPosition(j) \/ ReadJob(j)
    \/ Flush \/ Save \/ Restore
    \/ \E w \in Workers : Takeover(w) \/ Read(w) \/ Begin(w) \/ Delete(w) \/ LoseDeletion(w) \/ GiveUp(w)
    \/ Commit \/ Rollback

Spec == Init /\ [][Next]_vars

\* Workers continue, and the database ends every transaction.
FairSpec ==
    /\ Spec
    /\ WF_vars(Commit)
    /\ \A w \in Workers : WF_vars(Read(w)) /\ WF_vars(Begin(w)) /\ WF_vars(Delete(w))

\* Workers are interchangeable, and so are creations without a key, retries, and edits without a condition.
Symmetric == UNION {Permutations(s) : s \in {Workers, Creations \ Keyed, Retries, Edits \ Conditional}}

------------------------------------------------------------------------------
(* The promises. *)

NumbersGapless ==
    /\ \A i \in DOMAIN ledger.messages : ledger.messages[i].number = i
    /\ \A i \in DOMAIN ledger.changes : ledger.changes[i].number = i

JobOnce == \A j \in Jobs : Cardinality(RowsOf(ledger.messages, {j})) + Cardinality(RowsOf(ledger.changes, {j})) <= 1

KeyOnce == Cardinality(RowsOf(ledger.messages, Keyed)) <= 1

\* Each answered number is in the ledger for that job or its key, and no other answer was ever given.
AnswerStands ==
    \A t \in published : t.answer # Refused =>
        /\ LET rows == IF t.job \in Edits THEN ledger.changes ELSE ledger.messages
           IN \E i \in DOMAIN rows : rows[i].number = t.answer /\ rows[i].job \in SameRequest(t.job)
        /\ \A u \in published : u.job \in SameRequest(t.job) /\ u.answer # Refused => u.answer = t.answer

RefusalStands ==
    \A t \in published : t.answer = Refused =>
        RowsOf(ledger.messages, SameRequest(t.job)) = {} /\ RowsOf(ledger.changes, {t.job}) = {}

\* The owner's cached state equals the ledger.
CacheMatchesLedger ==
    \A w \in Workers : w = ledger.owner /\ worker[w].memory.known =>
        /\ worker[w].memory.messages = Len(ledger.messages)
        /\ worker[w].memory.changes = Len(ledger.changes)

\* Only decided entries are deleted, and edits whose id Redis had assigned before.
Completed(x, e) ==
    \/ RowsOf(ledger.messages, SameRequest(x.job)) # {} \/ RowsOf(ledger.changes, {x.job}) # {}
    \/ [job |-> x.job, answer |-> Refused] \in published
    \/ x.job \in Edits /\ saved # {} /\ x.id <= ledger.position[e]

Entries(r) == {r.stream[i] : i \in DOMAIN r.stream}
NothingLost ==
    [][redis'.epoch = redis.epoch /\ saved' = saved /\ faults' = faults =>
        \A x \in Entries(redis) \ Entries(redis') : Completed(x, redis.epoch)]_vars

\* Once faults end, all entries are processed. With NothingLost: every accepted command is decided as long as Redis keeps it.
StreamDrained == <>[](redis.stream = <<>>)
==============================================================================
