package org.fulmar.client.consumer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.fulmar.client.ReceivedMessage;
import org.jspecify.annotations.Nullable;

/**
 * Messages for an application that asks for them. What a poll returned is in the application's hands until the next poll,
 * or until it commits, as configured. Owned by the consumer's loop.
 */
final class PolledDelivery implements Delivery {
    private final boolean autoCommit;
    private final Deque<HeldQueue> line = new ArrayDeque<>();
    private final Map<HeldQueue, List<ProcessQueue.Entry>> inHand = new LinkedHashMap<>();
    private Consumer<HeldQueue> progress = held -> {};
    private @Nullable CompletableFuture<List<ReceivedMessage>> waiting;
    private int wanted;
    /** What the last poll that had messages took. */
    private final Map<HeldQueue, List<ProcessQueue.Entry>> given = new LinkedHashMap<>();

    private @Nullable CompletableFuture<List<ReceivedMessage>> givenTo;

    PolledDelivery(boolean autoCommit) {
        this.autoCommit = autoCommit;
    }

    void connect(Consumer<HeldQueue> progressed) {
        progress = progressed;
    }

    /** @param answer completes with messages as soon as there are some; one at a time */
    void poll(int max, CompletableFuture<List<ReceivedMessage>> answer) {
        if (autoCommit) {
            finishInHand();
        }
        given.clear();
        givenTo = null;
        wanted = max;
        waiting = answer;
        give();
    }

    /** Whoever polled was interrupted and has seen nothing: the messages wait again. */
    void takeBack(CompletableFuture<List<ReceivedMessage>> poll) {
        if (waiting == poll) {
            waiting = null;
        }
        if (givenTo != poll) {
            return;
        }
        Map<HeldQueue, List<ProcessQueue.Entry>> unseen = new LinkedHashMap<>(given);
        given.clear();
        unseen.forEach((held, entries) -> {
            List<ProcessQueue.Entry> mine = inHand.get(held);
            if (mine != null && mine.removeAll(entries)) {
                inHand.remove(held, List.of());
                held.messages.giveBack(entries);
                progress.accept(held);
            }
        });
    }

    /** The poll is over, with what there is. */
    List<ReceivedMessage> giveUp(CompletableFuture<List<ReceivedMessage>> poll) {
        if (waiting == poll) {
            waiting = null;
        }
        return poll.isDone() ? poll.join() : List.of();
    }

    /** A poll that waits is over, with nothing. */
    void end() {
        CompletableFuture<List<ReceivedMessage>> poll = waiting;
        waiting = null;
        if (poll != null) {
            poll.complete(List.of());
        }
    }

    /** What polls have returned is done. */
    void finishInHand() {
        Map<HeldQueue, List<ProcessQueue.Entry>> done = new LinkedHashMap<>(inHand);
        inHand.clear();
        done.forEach((held, entries) -> {
            entries.forEach(held.messages::finish);
            progress.accept(held);
        });
    }

    /** What polls have returned and nobody has committed is not done, and will come again. */
    void letGo() {
        Map<HeldQueue, List<ProcessQueue.Entry>> left = new LinkedHashMap<>(inHand);
        inHand.clear();
        left.forEach((held, entries) -> {
            held.messages.giveBack(entries);
            progress.accept(held);
        });
    }

    private void give() {
        CompletableFuture<List<ReceivedMessage>> poll = waiting;
        if (poll == null) {
            return;
        }
        List<ReceivedMessage> messages = new ArrayList<>();
        int turns = line.size();
        while (turns-- > 0 && messages.size() < wanted) {
            HeldQueue held = line.removeFirst();
            held.inLine = false;
            if (held.state != HeldQueue.State.ACTIVE || held.paused || !held.messages.hasWaiting()) {
                continue;
            }
            List<ProcessQueue.Entry> taken = held.messages.take(wanted - messages.size());
            taken.forEach(entry -> messages.add(entry.message()));
            given.put(held, taken);
            inHand.computeIfAbsent(held, queue -> new ArrayList<>()).addAll(taken);
            enqueue(held);
        }
        if (!messages.isEmpty()) {
            waiting = null;
            givenTo = poll;
            poll.complete(messages);
        }
    }

    private void enqueue(HeldQueue held) {
        if (!held.inLine && held.messages.hasWaiting()) {
            held.inLine = true;
            line.addLast(held);
        }
    }

    @Override
    public void arrived(HeldQueue held) {
        enqueue(held);
        give();
    }

    /** The offset of the next message that a poll will return of this queue. */
    long position(HeldQueue held) {
        return held.messages.nextWaiting();
    }

    @Override
    public void withdraw(HeldQueue held) {
        // what waits is here still, and what is in the application's hands can't be taken away
    }

    @Override
    public void gone(HeldQueue held) {
        inHand.remove(held);
    }

    @Override
    public void sweep(HeldQueue held) {
        // an application may take as long as it needs
    }

    @Override
    public boolean isOrdered() {
        return false;
    }

    @Override
    public void close() {
        // it has no threads
    }
}
