package org.fulmar.client.consumer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.offset.OffsetStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queues that one member of a group has, and each one's way: from the lock over the first offset to the pulls, and
 * from the last message over the commit to the release of the lock. Owned by the consumer's loop.
 *
 * <p>A queue is given back when the last message that was begun is finished, its offset is stored and its lock is
 * released, in this order; or when the drain time-out is over.
 */
final class Membership implements QueueLocks.Events, Puller.Events {
    static final String RETRY_PREFIX = "%RETRY%";

    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    private static final long LOCK_RETRY_MILLIS = 500;
    private static final long LOCK_RENEW_MILLIS = 20_000;
    private static final long SWEEP_MILLIS = 1_000;

    private final ConsumerOptions options;
    private final Loop loop;
    private final Delivery delivery;
    private final OffsetStore offsets;
    private final Map<String, Subscription> subscriptions;
    private final StartPositions starts;
    private final Locator locator;
    private final QueueLocks locks;
    private final Puller puller;
    private final Consumer<Set<MessageQueue>> assigned;
    private final boolean usesLocks;
    private final HeldQueues held = new HeldQueues();
    private final Commits commits;
    private final Rates rates = new Rates();
    /** The queues that each topic had when its consumption began here. */
    private final Map<String, Set<MessageQueue>> first = new HashMap<>();

    private boolean allPaused;
    private boolean lockRetryDue;
    private boolean closing;
    private final CompletableFuture<Void> released = new CompletableFuture<>();
    private Runnable rebalance = () -> {};

    /** @param assigned told, on the loop, which queues this member has, or is about to get, when they have changed */
    Membership(
            Brokers brokers,
            String group,
            ConsumerOptions options,
            Loop loop,
            Delivery delivery,
            OffsetStore offsets,
            Map<String, Subscription> subscriptions,
            boolean usesLocks,
            Consumer<Set<MessageQueue>> assigned) {
        this.options = options;
        this.loop = loop;
        this.delivery = delivery;
        this.offsets = offsets;
        this.subscriptions = subscriptions;
        this.usesLocks = usesLocks;
        this.assigned = assigned;
        this.commits = new Commits(offsets);
        this.starts = new StartPositions(brokers, offsets, options.start);
        this.locator = new Locator(starts, loop, this::activate);
        this.locks = new QueueLocks(brokers, group, delivery.isOrdered(), loop, this);
        this.puller = new Puller(brokers, group, options, loop, this, delivery.isOrdered());
    }

    /** @param howToRebalance called when the shares should be looked at again */
    void start(Runnable howToRebalance) {
        rebalance = howToRebalance;
        loop.every(options.commitMillis, () -> commit(false));
        loop.every(SWEEP_MILLIS, this::sweep);
        if (usesLocks) {
            loop.every(LOCK_RENEW_MILLIS, () -> locks.renew(held.lockedAt(System.nanoTime())));
        }
    }

    /** The member's share of a topic, of all the queues that it has; none of none if it is not consumed any more. */
    void share(String topic, Collection<MessageQueue> all, Collection<MessageQueue> share) {
        if (closing) {
            return;
        }
        Set<MessageQueue> wanted = new HashSet<>(share);
        boolean changed = false;
        for (HeldQueue queue : held.of(topic)) {
            if (!wanted.contains(queue.queue)) {
                changed |= queue.state != HeldQueue.State.RELEASING;
                queue.wantedAgain = false;
                drain(queue, HeldQueue.Then.RELEASE);
            }
        }
        if (all.isEmpty()) {
            first.remove(topic);
        } else {
            first.computeIfAbsent(topic, name -> Set.copyOf(all));
        }
        List<HeldQueue> fresh = new ArrayList<>();
        for (MessageQueue queue : wanted) {
            HeldQueue known = held.get(queue);
            if (known == null) {
                HeldQueue made = new HeldQueue(queue, usesLocks, rates.of(topic));
                made.paused = allPaused;
                made.fromFirst = topic.startsWith(RETRY_PREFIX)
                        || !first.getOrDefault(topic, Set.of()).contains(queue);
                held.add(made);
                fresh.add(made);
                changed = true;
            } else {
                changed |= keep(known);
            }
        }
        obtain(fresh);
        if (changed) {
            assigned.accept(held.names());
        }
    }

    /** These queues of a topic, whatever else it has. */
    void assign(String topic, Collection<MessageQueue> queues) {
        first.remove(topic);
        share(topic, queues, queues);
    }

    /** A queue that is to be there stays, even if it was to go: then it is one more that this member has. */
    private boolean keep(HeldQueue queue) {
        if (queue.state == HeldQueue.State.RELEASING) {
            queue.wantedAgain = true;
        } else if (queue.state == HeldQueue.State.DRAINING && queue.then == HeldQueue.Then.RELEASE) {
            if (queue.resetTo >= 0) {
                queue.then = HeldQueue.Then.RESET;
            } else {
                activate(queue);
            }
            return true;
        }
        return false;
    }

    private void obtain(Collection<HeldQueue> fresh) {
        if (fresh.isEmpty()) {
            return;
        }
        if (usesLocks) {
            locks.request(fresh);
        } else {
            fresh.forEach(this::granted);
        }
    }

    /** Asks for the locks that this member waits for; one may just have been released. */
    void tryLocks() {
        lockRetryDue = false;
        if (usesLocks && !closing) {
            locks.request(held.waiting());
        }
    }

    @Override
    public void refused() {
        if (!lockRetryDue) {
            lockRetryDue = true;
            loop.after(LOCK_RETRY_MILLIS, this::tryLocks);
        }
    }

    @Override
    public void granted(HeldQueue queue) {
        queue.state = HeldQueue.State.LOCATING;
        locator.locate(queue);
    }

    @Override
    public void unwanted(HeldQueue queue) {
        if (held.get(queue.queue) == null) {
            locks.release(queue);
        }
    }

    private void activate(HeldQueue queue) {
        queue.state = HeldQueue.State.ACTIVE;
        queue.epoch++;
        queue.pulling = false;
        queue.pullDue = false;
        puller.pull(queue);
        if (queue.messages.hasWaiting()) {
            delivery.arrived(queue);
        }
    }

    @Override
    public void lost(HeldQueue queue) {
        boolean had = queue.state == HeldQueue.State.LOCATING || queue.isServing();
        queue.unlocked();
        if (had && queue.needsLock()) {
            LOG.info("the lock of {} is lost; it is asked for again", queue.queue);
            drain(queue, HeldQueue.Then.LOCK_AGAIN);
        }
    }

    /** Ends what is done with a queue, as far as it was begun, and then what {@code then} says. */
    private void drain(HeldQueue queue, HeldQueue.Then then) {
        switch (queue.state) {
            case LOCKING -> {
                if (then == HeldQueue.Then.RELEASE) {
                    gone(queue);
                }
            }
            case LOCATING -> {
                queue.epoch++;
                if (then == HeldQueue.Then.RELEASE) {
                    release(queue, false);
                } else {
                    queue.state = HeldQueue.State.LOCKING;
                    obtain(List.of(queue));
                }
            }
            case DRAINING -> {
                // what leads further away prevails
                if (then == HeldQueue.Then.RELEASE && queue.then != then) {
                    drainInTime(queue);
                }
                if (then == HeldQueue.Then.RELEASE || queue.then == HeldQueue.Then.RESET) {
                    queue.then = then;
                }
            }
            case ACTIVE -> {
                queue.state = HeldQueue.State.DRAINING;
                queue.then = then;
                queue.epoch++;
                queue.pulling = false;
                delivery.withdraw(queue);
                if (!usesLocks && !closing && then == HeldQueue.Then.RELEASE && !options.broadcasts()) {
                    drained(queue);
                    return;
                }
                drainInTime(queue);
                progress(queue);
            }
            case RELEASING, GONE -> {
                // on its way already
            }
        }
    }

    private void drainInTime(HeldQueue queue) {
        queue.drainDeadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.drainMillis);
        loop.after(options.drainMillis + 1, this::sweep);
    }

    /** Messages of the queue were finished, or given back to wait. */
    void progress(HeldQueue queue) {
        if (queue.state == HeldQueue.State.DRAINING) {
            queue.messages.dropWaiting();
            // without the lock nothing may begin, and all from the first that is not finished comes again
            boolean mayBegin = queue.isLockedAt(System.nanoTime());
            if (queue.messages.count() == 0 || !mayBegin && queue.messages.taken() == 0) {
                drained(queue);
                return;
            }
            puller.roomIn(queue);
            if (mayBegin && queue.messages.hasWaiting()) {
                delivery.arrived(queue);
            }
        } else if (queue.state == HeldQueue.State.ACTIVE) {
            if (!queue.isLockedAt(System.nanoTime())) {
                lost(queue);
                return;
            }
            puller.roomIn(queue);
            if (queue.messages.hasWaiting()) {
                delivery.arrived(queue);
            }
        }
    }

    private void drained(HeldQueue queue) {
        boolean ours = queue.isLockedAt(System.nanoTime());
        long point = queue.resetTo >= 0 ? queue.resetTo : queue.messages.commitPoint();
        delivery.gone(queue);
        queue.messages.startAt(point);
        boolean reset = queue.resetTo >= 0;
        queue.resetTo = -1;
        puller.roomIn(queue);
        switch (queue.then) {
            case RELEASE -> {
                boolean stores = ours && !queue.sought;
                if (stores) {
                    offsets.update(queue.queue, point);
                }
                release(queue, stores);
            }
            case RESET -> {
                if (ours) {
                    commits.store(queue, point);
                }
                activate(queue);
            }
            case LOCK_AGAIN -> {
                if (reset) {
                    queue.seekTo = point;
                } else {
                    queue.floor = Math.max(queue.floor, point);
                }
                queue.state = HeldQueue.State.LOCKING;
                obtain(List.of(queue));
            }
        }
    }

    private void release(HeldQueue queue, boolean commit) {
        queue.state = HeldQueue.State.RELEASING;
        var stored = commit ? offsets.write(List.of(queue.queue)) : CompletableFuture.<Void>completedFuture(null);
        stored.handle((done, failure) -> {
                    if (failure != null) {
                        LOG.warn(
                                "the offset of {} could not be stored: what was done since the last commit comes again",
                                queue.queue,
                                failure);
                    }
                    return usesLocks ? locks.release(queue) : CompletableFuture.<Void>completedFuture(null);
                })
                .thenCompose(unlocked -> unlocked)
                .whenComplete((done, failure) -> loop.execute(() -> gone(queue)));
    }

    private void gone(HeldQueue queue) {
        queue.state = HeldQueue.State.GONE;
        queue.epoch++;
        queue.unlocked();
        offsets.forget(queue.queue);
        held.remove(queue);
        if (queue.wantedAgain && !closing) {
            rebalance.run();
        }
        if (closing && held.isEmpty()) {
            released.complete(null);
        }
    }

    /** Gives all queues back; completes when they are. */
    CompletableFuture<Void> leave() {
        closing = true;
        held.all().forEach(queue -> drain(queue, HeldQueue.Then.RELEASE));
        if (held.isEmpty()) {
            released.complete(null);
        }
        return released;
    }

    /** Sends the consumption of a queue to another offset, when what was begun is finished. */
    void reset(MessageQueue name, long offset) {
        HeldQueue queue = held.get(name);
        if (queue == null) {
            return;
        }
        if (queue.isServing()) {
            queue.resetTo = offset;
            drain(queue, HeldQueue.Then.RESET);
        } else if (queue.state == HeldQueue.State.LOCATING) {
            commits.store(queue, offset)
                    .whenComplete((done, failure) -> loop.execute(() -> {
                        if (queue.state == HeldQueue.State.LOCATING) {
                            locator.locate(queue);
                        }
                    }));
        }
    }

    /** Goes on at another offset at once; what is in the application's hands counts no more. */
    void seek(HeldQueue queue, long offset) {
        queue.sought = !options.autoCommit;
        if (queue.isServing()) {
            delivery.gone(queue);
            queue.messages.startAt(offset);
            if (queue.state == HeldQueue.State.ACTIVE) {
                activate(queue);
                puller.roomIn(queue);
            } else {
                progress(queue);
            }
        } else {
            queue.seekTo = offset;
        }
    }

    void pauseAll(boolean paused) {
        allPaused = paused;
        held.view().forEach(queue -> pause(queue, paused));
    }

    void pause(HeldQueue queue, boolean paused) {
        queue.paused = paused;
        if (!paused) {
            puller.pull(queue);
            if (queue.messages.hasWaiting()) {
                delivery.arrived(queue);
            }
        }
    }

    @Override
    public void moved(HeldQueue queue, long offset) {
        reset(queue.queue, offset);
    }

    /** @param asked whether the application wants it now, and so the offsets that it has sought as well */
    CompletableFuture<Void> commit(boolean asked) {
        return commits.store(held.view(), asked);
    }

    private void sweep() {
        long now = System.nanoTime();
        for (HeldQueue queue : held.all()) {
            boolean relied = queue.state == HeldQueue.State.ACTIVE
                    || queue.state == HeldQueue.State.DRAINING && queue.then == HeldQueue.Then.RESET;
            if (relied && !queue.isLockedAt(now)) {
                lost(queue);
            }
            // who consumes in order goes on in order, and waits, unless another member is to have the queue
            boolean bounded = queue.then == HeldQueue.Then.RELEASE || !delivery.isOrdered();
            if (queue.state == HeldQueue.State.DRAINING && bounded && now - queue.drainDeadlineNanos > 0) {
                LOG.warn(
                        "{} is given up with {} messages in hand: they took longer than the drain time-out",
                        queue.queue,
                        queue.messages.taken());
                drained(queue);
            } else {
                delivery.sweep(queue);
            }
        }
    }

    @Override
    public void arrived(HeldQueue queue) {
        delivery.arrived(queue);
    }

    @Override
    public void connectionLost(HeldQueue queue) {
        if (usesLocks) {
            lost(queue);
        }
    }

    /** Brokers give the locks of a member to others as soon as its connection is gone. */
    void connectionLost(String brokerName) {
        if (!usesLocks) {
            return;
        }
        List<HeldQueue> there = held.at(brokerName);
        // the name is not known for an address that routes name in another way: then it may be any of them
        (there.isEmpty() ? held.all() : there).forEach(this::lost);
    }

    @Override
    public Iterable<HeldQueue> queuesOf(String topic) {
        return held.of(topic);
    }

    @Override
    public @Nullable Subscription subscription(String topic) {
        return subscriptions.get(topic);
    }

    Set<MessageQueue> queues() {
        return held.names();
    }

    Collection<HeldQueue> held() {
        return held.view();
    }

    @Nullable HeldQueue held(MessageQueue queue) {
        return held.get(queue);
    }

    Rates rates() {
        return rates;
    }

    StartPositions starts() {
        return starts;
    }

    OffsetStore offsets() {
        return offsets;
    }
}
