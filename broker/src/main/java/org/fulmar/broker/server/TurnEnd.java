package org.fulmar.broker.server;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.GroupTable;
import org.fulmar.broker.store.Appender;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.transport.Request;

/**
 * Ends each turn of the core, in the order that makes promises true: messages are written, what became visible is
 * assigned, the facts of it all are written, and only then deliveries and answers leave. Owned by the core.
 */
final class TurnEnd implements Core.Turn {
    /** An answer that must not leave before the facts behind it are in the log. */
    interface Answer {
        /**
         * @param logged false if the store has failed and the facts are not in the log
         */
        void leave(boolean logged);
    }

    /** What else is seen to at the end of each turn, and wakes the core when it is due. */
    interface Part {
        /** When it is to be seen to next, in milliseconds since the epoch; MAX_VALUE for never. */
        long nextDue();

        /** Does what is due, up to a bound; its facts and copies are written afterwards. */
        void seeTo(long now);
    }

    private final Appender appender;
    private final DeliveryEngine engine;
    private final GroupTable groups;
    private final DeliveryOutbox outbox;
    private final LongSupplier clock;
    private final DelayedMessages delayed;
    private final LevelMessages levels;
    private final Reappend reappend;
    private final CheckBack checks;
    private final Alarm alarm;
    private final List<Part> parts = new ArrayList<>();
    private List<Answer> answers = new ArrayList<>();
    private List<Runnable> whenQuiet = new ArrayList<>();

    TurnEnd(
            Appender appender,
            DeliveryEngine engine,
            GroupTable groups,
            DeliveryOutbox outbox,
            DelayedMessages delayed,
            LevelMessages levels,
            Reappend reappend,
            CheckBack checks,
            Alarm alarm,
            LongSupplier clock) {
        this.appender = appender;
        this.engine = engine;
        this.groups = groups;
        this.outbox = outbox;
        this.delayed = delayed;
        this.levels = levels;
        this.reappend = reappend;
        this.checks = checks;
        this.alarm = alarm;
        this.clock = clock;
    }

    /** Called before the first turn. */
    void add(Part part) {
        parts.add(part);
    }

    /** The answer leaves at the end of this turn, behind the deliveries. */
    void afterLog(Answer answer) {
        answers.add(answer);
    }

    /** Success leaves at the end of this turn. */
    void successAfterLog(Request request) {
        afterLog(logged -> {
            if (logged) {
                request.answer(ResponseCode.SUCCESS, (String) null);
            } else {
                failed(request);
            }
        });
    }

    static void failed(Request request) {
        request.answer(ResponseCode.SERVICE_NOT_AVAILABLE, "the broker's store has failed");
    }

    /** The task runs when everything that can be assigned is assigned; what it answers goes through {@link #afterLog}. */
    void whenQuiet(Runnable task) {
        whenQuiet.add(task);
    }

    /** Writes what the turn has appended so far, so that a checkpoint finds nothing half done. */
    void writeNow() {
        appender.time(clock.getAsLong());
        groups.endRun(appender);
        if (appender.hasBatch()) {
            appender.write();
        }
    }

    /** When the clock next brings something to do here. */
    private long nextTimed() {
        long next =
                Math.min(Math.min(delayed.nextDue(), levels.nextDue()), Math.min(checks.nextDue(), reappend.nextDue()));
        for (Part part : parts) {
            next = Math.min(next, part.nextDue());
        }
        return next;
    }

    /** What comes in is stored at the time of now, not at that of the turn before. */
    @Override
    public void begin() {
        appender.time(clock.getAsLong());
    }

    @Override
    public boolean end() {
        long now = clock.getAsLong();
        appender.time(now);
        if (!appender.failed() && Math.min(delayed.nextDue(), checks.nextDue()) <= now) {
            if (appender.hasMessages()) {
                // what is due may have come in this very turn: it is read from the log
                writeNow();
            }
            delayed.deliverDue(now);
            checks.seeToDue(now, this);
        }
        if (!appender.failed() && levels.nextDue() <= now) {
            // what waits there is visible, and so it is written
            levels.deliverDue(now);
        }
        if (!appender.failed() && reappend.nextDue() <= now) {
            if (appender.hasBatch()) {
                // half messages are read from the log
                writeNow();
            }
            reappend.some(now);
        }
        if (appender.hasMessages()) {
            groups.endRun(appender);
            appender.write();
        }
        boolean more = !appender.failed() && engine.dispatch();
        for (Part part : parts) {
            if (!appender.failed()) {
                part.seeTo(now);
            }
        }
        if (!more && !whenQuiet.isEmpty()) {
            List<Runnable> tasks = whenQuiet;
            whenQuiet = new ArrayList<>();
            tasks.forEach(Runnable::run);
        }
        groups.endRun(appender);
        if (appender.hasBatch()) {
            appender.write();
        }
        boolean logged = !appender.failed();
        outbox.send(logged);
        if (!answers.isEmpty()) {
            List<Answer> leaving = answers;
            answers = new ArrayList<>();
            leaving.forEach(answer -> answer.leave(logged));
        }
        if (appender.failed()) {
            return false;
        }
        // what was moved in this turn is visible now and may be wanted
        alarm.set(Math.min(nextTimed(), engine.nextDue()), now);
        return more || engine.isAwake() || nextTimed() <= now;
    }
}
