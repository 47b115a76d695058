------------------------------ MODULE WritePath ------------------------------
(* The write path of the cluster: nodes send commands by a stream of Redis, one worker at a time decides them in the ledger.

   One partition with one chat. A job is one command on its way: a creation of a message, or an edit, which stands for all that is not
   a creation. The ledger numbers: a message gets the chat's last number plus one in the transaction that stores it, and so does a
   change; a position per epoch of the stream moves in that same transaction. All the rest may fail: each action below that counts as a
   fault can happen at any moment, FaultsMax times in all, in any mixture.

   `Without` leaves out one rule of the protocol, to show what it is there for: see README.md beside this file. *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    Workers, Nobody,
    Creations,       \* jobs that create a message
    Retries,         \* those of them that carry the Idempotency-Key, with the same content: one request, sent again
    Reusers,         \* those that carry the same key with another content
    Edits,           \* jobs that edit
    Conditional,     \* those of them that are to be refused when there was a change since the node looked (If-Match)
    BatchMax,        \* entries a worker takes at once
    FaultsMax,       \* how many faults may happen, of whatever kind
    SavesMax,        \* how many older append-only files are kept
    Without          \* rules left out: {} is the protocol

VARIABLES
    redis,           \* what Redis holds: the stream, its epoch (0: none set), the last id it gave, a counter (for a broken variant)
    saved,           \* older append-only files
    highest,         \* for each epoch the highest id ever given in it
    ledger,          \* what the database holds: messages and changes in order of commit, owner of the partition, epoch, positions
    txn,             \* the transaction that holds the lock on the partition's row
    worker,          \* what each worker has in hand and remembers
    sent, passed,    \* what a node knows of a job it sent, and whether it saw the position at or beyond it
    published,            \* every answer that was published or looked up, whether or not a client heard it
    faults           \* how many faults have happened

vars == <<redis, saved, highest, ledger, txn, worker, sent, passed, published, faults>>

Jobs == Creations \union Edits
Keyed == Retries \union Reusers
Epochs == 1..(FaultsMax + 1)
With(rule) == rule \notin Without

Refused == 0                                 \* an answer is this, or the number of the message or change
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
(* A node. It reads the chat's last numbers in the ledger (`seen`), then sends by a script. The id is at least the stream's last plus
   one; a right clock makes it higher than all before, one set back (after a loss) may repeat those. A full stream changes nothing and
   is left out; so is a command that never reached Redis. A node that gives up (outcome_unknown) is one that does nothing more. *)

NextEpoch == CHOOSE e \in Epochs : highest[e] = 0 /\ \A f \in Epochs : f < e => highest[f] > 0

\* The reply may be lost. A creation's id is not remembered, because nothing is concluded from it.
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

\* The first half of looking up: the position, which says that the job is no longer on its way.
ReadPosition(j) ==
    /\ sent[j].id > 0
    /\ ledger.epoch = sent[j].epoch /\ ledger.position[ledger.epoch] >= sent[j].id
    /\ passed' = passed \union {j}
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, worker, sent, published, faults>>

RowsOf(rows, jobs) == {i \in DOMAIN rows : rows[i].job \in jobs}
SameRequest(j) == IF j \in Retries THEN Retries ELSE IF j \in Reusers THEN Reusers ELSE {j}

\* The second half: the job, then its key. Only what has neither, and was passed, is refused.
ReadJob(j) ==
    /\ sent[j] # NotSent
    /\ LET rows == IF j \in Edits THEN ledger.changes ELSE ledger.messages
           found == RowsOf(rows, SameRequest(j))
           reused == j \in Keyed /\ RowsOf(ledger.messages, Keyed) # {}
       IN \E answer \in IF found # {} THEN {rows[i].number : i \in found} ELSE IF reused \/ j \in passed THEN {Refused} ELSE {} :
            published' = published \union {[job |-> j, answer |-> answer]}
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, worker, sent, passed, faults>>

------------------------------------------------------------------------------
(* Redis. It may lose everything, or come back with an older append-only file: entries that were deleted are back, later ones are gone,
   the epoch is the one of then. Coming back cuts all connections, and with them whatever was on its way. *)

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
(* Deciding, entry by entry. `s` is the state so far: what the ledger holds, and the last numbers as the worker believes them. *)

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

\* At or below the position: most likely done and only left undeleted, but Redis may have come back and given the id a second time.
\* The job is looked for among the rows above what the node saw when it sent.
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

\* Another epoch than the row's: a new stream, unless it is one of the past, whose position was kept.
PositionIn(e) == IF With("past epochs") \/ e = ledger.epoch THEN ledger.position[e] ELSE 0

Decided == Decide([messages |-> ledger.messages, changes |-> ledger.changes, last |-> txn.messages, lastChange |-> txn.changes,
                   position |-> PositionIn(txn.epoch), answers |-> {}], txn.batch)

------------------------------------------------------------------------------
(* A worker. Its lease may be over at any moment, by the database's clock; it learns of that only in its next transaction. *)

Takeover(w) ==
    /\ ledger.owner # w /\ txn = NoTxn /\ worker[w].at \in {"idle", "read"}
    /\ ledger' = [ledger EXCEPT !.owner = w]
    /\ worker' = IF With("forgetting at takeover") THEN [worker EXCEPT ![w].memory = NoMemory] ELSE worker
    /\ Fault
    /\ UNCHANGED <<redis, saved, highest, txn, sent, passed, published>>

\* The owner, or who was it and has not learnt otherwise. Always from the beginning, in one step with the epoch, and after the deletion
\* before it, which went the same way.
Read(w) ==
    /\ worker[w].at = "idle" /\ worker[w].deletion = NoDeletion
    /\ ledger.owner = w \/ worker[w].memory.known
    /\ redis.stream # <<>>
    /\ worker' = [worker EXCEPT ![w].at = "read", ![w].epoch = redis.epoch, ![w].linked = TRUE,
                                ![w].batch = SubSeq(redis.stream, 1, Min(BatchMax, Len(redis.stream)))]
    /\ UNCHANGED <<redis, saved, highest, ledger, txn, sent, passed, published, faults>>

\* Locks the partition's row, which waits for whoever holds it, and looks at the owner. What it does not remember it reads.
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

\* The database commits. If the worker still waits, it publishes the answers and sends the deletion of just these entries, unless the
\* connection by which it read them is gone. (A worker that never comes to that, or to part of it, is one that gives up right after.)
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

\* The database rolls back: the session is dead, or any error. The worker forgets everything.
Rollback ==
    /\ txn # NoTxn
    /\ txn' = NoTxn
    /\ worker' = IF worker[txn.by].at = "txn" THEN [worker EXCEPT ![txn.by] = Fresh] ELSE worker
    /\ Fault
    /\ UNCHANGED <<redis, saved, highest, ledger, sent, passed, published>>

\* The script of the deletion, which looks at the epoch.
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

\* A crash; or any reply of the database that does not come: the worker gives up its session, whose COMMIT may still be on its way.
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

\* Workers go on, and the database ends every transaction.
FairSpec ==
    /\ Spec
    /\ WF_vars(Commit)
    /\ \A w \in Workers : WF_vars(Read(w)) /\ WF_vars(Begin(w)) /\ WF_vars(Delete(w))

\* Workers are alike, and so are creations without a key, retries, and edits without a condition.
Symmetric == UNION {Permutations(s) : s \in {Workers, Creations \ Keyed, Retries, Edits \ Conditional}}

------------------------------------------------------------------------------
(* The promises. *)

NumbersGapless ==
    /\ \A i \in DOMAIN ledger.messages : ledger.messages[i].number = i
    /\ \A i \in DOMAIN ledger.changes : ledger.changes[i].number = i

JobOnce == \A j \in Jobs : Cardinality(RowsOf(ledger.messages, {j})) + Cardinality(RowsOf(ledger.changes, {j})) <= 1

KeyOnce == Cardinality(RowsOf(ledger.messages, Keyed)) <= 1

\* What was answered is in the ledger, under that number, of that job or its key, and no other answer was ever given.
AnswerStands ==
    \A t \in published : t.answer # Refused =>
        /\ LET rows == IF t.job \in Edits THEN ledger.changes ELSE ledger.messages
           IN \E i \in DOMAIN rows : rows[i].number = t.answer /\ rows[i].job \in SameRequest(t.job)
        /\ \A u \in published : u.job \in SameRequest(t.job) /\ u.answer # Refused => u.answer = t.answer

RefusalStands ==
    \A t \in published : t.answer = Refused =>
        RowsOf(ledger.messages, SameRequest(t.job)) = {} /\ RowsOf(ledger.changes, {t.job}) = {}

\* What the owner remembers is what the ledger holds.
CacheMatchesLedger ==
    \A w \in Workers : w = ledger.owner /\ worker[w].memory.known =>
        /\ worker[w].memory.messages = Len(ledger.messages)
        /\ worker[w].memory.changes = Len(ledger.changes)

\* Only what was decided is deleted; of edits also those whose id Redis had given before.
Completed(x, e) ==
    \/ RowsOf(ledger.messages, SameRequest(x.job)) # {} \/ RowsOf(ledger.changes, {x.job}) # {}
    \/ [job |-> x.job, answer |-> Refused] \in published
    \/ x.job \in Edits /\ saved # {} /\ x.id <= ledger.position[e]

Entries(r) == {r.stream[i] : i \in DOMAIN r.stream}
NothingLost ==
    [][redis'.epoch = redis.epoch /\ saved' = saved /\ faults' = faults =>
        \A x \in Entries(redis) \ Entries(redis') : Completed(x, redis.epoch)]_vars

\* Faults being over, the stream is worked off. With NothingLost: what was accepted is decided, as long as Redis keeps it.
StreamDrained == <>[](redis.stream = <<>>)
==============================================================================
