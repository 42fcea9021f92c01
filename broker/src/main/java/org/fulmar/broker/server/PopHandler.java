package org.fulmar.broker.server;

import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.pop.PopEngine;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.PopRequest;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * POP of RocketMQ consumers, with long polling. Runs on the core.
 *
 * <p>What a pop takes leaves when the facts of it are in the log. A pop that finds nothing is parked, if it may be,
 * until a message is visible or its time is over.
 */
final class PopHandler implements TurnEnd.Part {
    private static final int MAX_MESSAGES = 32;
    private static final long MAX_INVISIBLE_MILLIS = 40L * 24 * 3600 * 1000;
    private static final long MAX_POLL_MILLIS = 60_000;
    /** How much later than its time a request may come and still be served. */
    private static final long LATE_MILLIS = 500;

    private static final long SETTLE_DELETED_MILLIS = 60_000;
    private static final int EXPIRE_PER_TURN = 1000;
    private static final int POPS_PER_TURN = 256;
    /** Queues looked at in one turn for pops that wait, a millisecond or two of work. */
    private static final int LOOKS_PER_TURN = 4096;

    private static final int BYTES_PER_TURN = 4 << 20;

    private final BrokerConfig config;
    private final TopicService topics;
    private final ClientTable clients;
    private final GroupService groups;
    private final PullSubscriptions subscriptions;
    private final Traffic traffic;
    private final StoreBacklog backlog;
    private final PopEngine engine;
    private final TurnEnd turn;
    private final LongSupplier clock;
    private final PopPolls polls;
    private int popsLeft;
    private int looksLeft;
    private long lastSettled;
    private long bytesLeft;

    PopHandler(
            BrokerConfig config,
            TopicService topics,
            ClientTable clients,
            GroupService groups,
            Traffic traffic,
            StoreBacklog backlog,
            PopEngine engine,
            PopPolls polls,
            TurnEnd turn,
            LongSupplier clock) {
        this.config = config;
        this.topics = topics;
        this.clients = clients;
        this.groups = groups;
        this.subscriptions = new PullSubscriptions(config, clients);
        this.traffic = traffic;
        this.backlog = backlog;
        this.engine = engine;
        this.polls = polls;
        this.turn = turn;
        this.clock = clock;
    }

    void pop(Request request) {
        PopRequest header = PopRequest.decode(request.frame());
        if (header.invisibleTime() < 1 || header.invisibleTime() > MAX_INVISIBLE_MILLIS) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "invisibleTime is 1 ms to 40 days, not " + header.invisibleTime() + " ms");
            return;
        }
        PopEngine.Pop pop = admit(request, header);
        if (pop != null && !serve(request, pop)) {
            wait(request, header, pop, false);
        }
    }

    /** Whether there is a message for a group; if not, the answer waits for one. */
    void notification(Request request) {
        PopRequest header = PopRequest.decode(request.frame());
        PopEngine.Pop pop = admit(request, header);
        if (pop == null) {
            return;
        }
        if (engine.hasMessage(pop)) {
            notified(request, true, false);
        } else {
            wait(request, header, pop, true);
        }
    }

    private static void notified(Request request, boolean hasMessage, boolean full) {
        request.answer(
                ResponseCode.SUCCESS,
                Fields.write()
                        .put("hasMsg", hasMessage)
                        .put("pollingFull", full)
                        .map());
    }

    /** What the next pop would find, which stays there. */
    void peek(Request request) {
        PopRequest header = PopRequest.decode(request.frame());
        PopEngine.Pop pop = admit(request, header);
        if (pop == null) {
            return;
        }
        PopBody body = new PopBody(backlog, request.connection(), pop, traffic);
        if (!request.connection().isWritable() || engine.peek(pop, body) == 0) {
            request.answer(ResponseCode.PULL_NOT_FOUND, nothing());
        } else {
            request.answer(ResponseCode.SUCCESS, "FOUND", nothing(), body.take());
        }
    }

    void pollingInfo(Request request) {
        Fields in = Fields.of(request.frame());
        int waiting = polls.waiting(in.text("topic"), in.text("consumerGroup"));
        request.answer(
                ResponseCode.SUCCESS, Fields.write().put("pollingNum", waiting).map());
    }

    /** What is to be popped; else the request is answered. */
    private PopEngine.@Nullable Pop admit(Request request, PopRequest header) {
        String group = header.consumerGroup();
        if (group.isEmpty() || group.length() > ClientTable.MAX_NAME) {
            throw new FrameException("a consumer group name has 1 to " + ClientTable.MAX_NAME + " characters");
        }
        DestinationNames.checked(DestinationNames.DEAD_LETTERS + group);
        TopicConfig topic = readable(request, header.topic());
        if (topic == null) {
            return null;
        }
        int queues = Math.max(topic.readQueueNums(), topic.writeQueueNums());
        if (header.queueId() < -1 || header.queueId() >= queues) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "queue " + header.queueId() + " of " + header.topic() + ", which has " + queues);
            return null;
        }
        if (header.maxMsgNums() < 1 || header.maxMsgNums() > MAX_MESSAGES) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "maxMsgNums is 1 to " + MAX_MESSAGES + ", not " + header.maxMsgNums());
            return null;
        }
        if (groups.refuses(request, group, false)) {
            return null;
        }
        if (!engine.admits(group, header.topic())) {
            request.answer(ResponseCode.SYSTEM_BUSY, "too many groups pop from topics of this broker already");
            return null;
        }
        engine.expire(clock.getAsLong(), EXPIRE_PER_TURN);
        return filtered(request, header, queues);
    }

    /** The topic, if its messages may be given out; else the request is answered. */
    private @Nullable TopicConfig readable(Request request, String name) {
        TopicConfig topic = topics.get(name);
        if (topic == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "topic " + name + " does not exist");
        } else if (!topic.readable() || (config.brokerPermission() & TopicConfig.READ) == 0) {
            request.answer(ResponseCode.NO_PERMISSION, "topic " + name + " may not be read");
        } else {
            return topic;
        }
        return null;
    }

    private PopEngine.@Nullable Pop filtered(Request request, PopRequest header, int queues) {
        ClientTable.Subscription subscription =
                ClientTable.Subscription.ofText(header.topic(), header.expType(), header.exp(), 0);
        if (!subscriptions.isSound(request, subscription, ResponseCode.SUBSCRIPTION_PARSE_FAILED, "")) {
            return null;
        }
        String attempt = header.attemptId();
        return new PopEngine.Pop(
                header.consumerGroup(),
                header.topic(),
                header.queueId() >= 0
                        ? new int[] {header.queueId()}
                        : IntStream.range(0, queues).toArray(),
                header.maxMsgNums(),
                header.invisibleTime(),
                header.initMode() == PopRequest.FROM_END,
                header.order(),
                attempt == null || attempt.length() > ClientTable.MAX_NAME ? "" : attempt,
                subscription.isTag() ? TagTest.of(subscription) : new SqlTest(clients.filters(), subscription.text()));
    }

    /** Whether something was found; it is answered then, when the facts are in the log. */
    private boolean serve(Request request, PopEngine.Pop pop) {
        if (!request.connection().isWritable()) {
            // nobody reads the answers
            return false;
        }
        PopBody body = new PopBody(backlog, request.connection(), pop, traffic);
        PopEngine.Result result = engine.pop(pop, clock.getAsLong(), body);
        if (result.isEmpty()) {
            return false;
        }
        bytesLeft -= body.bytes();
        Map<String, String> fields = PopBody.header(pop, result);
        turn.afterLog(logged -> {
            if (logged) {
                request.answer(ResponseCode.SUCCESS, "FOUND", fields, body.take());
            } else {
                body.take().release();
                request.answer(ResponseCode.SERVICE_NOT_AVAILABLE, "the broker's store has failed");
            }
        });
        return true;
    }

    private void wait(Request request, PopRequest header, PopEngine.Pop pop, boolean notification) {
        long now = clock.getAsLong();
        long asked = header.bornTime() + header.pollTime();
        if (header.pollTime() <= 0 || asked + LATE_MILLIS <= now) {
            over(request, notification);
            return;
        }
        // whatever the client's clock says, it does not wait longer than it meant to
        long most = config.longPolling() ? MAX_POLL_MILLIS : PullHandler.SHORT_POLL_MILLIS;
        long deadline = Math.min(Math.max(asked, now), now + Math.min(header.pollTime(), most));
        if (polls.park(new PopPolls.Poll(request, pop, notification, deadline))) {
            if (engine.hasMessage(pop)) {
                // it has looked at as many as one turn allows
                polls.wake(pop.topic(), pop.group());
            }
            return;
        }
        if (notification) {
            notified(request, false, true);
        } else {
            request.answer(
                    ResponseCode.POLLING_FULL,
                    "too many requests of this group wait for messages already",
                    nothing(),
                    Unpooled.EMPTY_BUFFER);
        }
    }

    private static void over(Request request, boolean notification) {
        if (notification) {
            notified(request, false, false);
        } else {
            request.answer(ResponseCode.POLLING_TIMEOUT, nothing());
        }
    }

    /** Clients want the header in every answer. */
    private static Map<String, String> nothing() {
        return new PopRequest.Result(0, 0, 0, 0, null, null, null).fields();
    }

    private PopPolls.Server.Verdict serve(PopPolls.Poll poll) {
        Request request = poll.request();
        PopEngine.Pop pop = poll.pop();
        if (looksLeft <= 0 || popsLeft <= 0 || bytesLeft <= 0) {
            return PopPolls.Server.Verdict.FULL;
        }
        looksLeft -= pop.queueIds().length;
        if (!request.connection().isWritable()) {
            return PopPolls.Server.Verdict.UNREAD;
        }
        if (readable(request, pop.topic()) == null || groups.refuses(request, pop.group(), false)) {
            // an administrator has forbidden it while the request waited
            return PopPolls.Server.Verdict.SERVED;
        }
        if (engine.hasMessage(pop)) {
            popsLeft--;
            if (poll.notification()) {
                notified(request, true, false);
                return PopPolls.Server.Verdict.SERVED;
            }
            if (serve(request, pop)) {
                return PopPolls.Server.Verdict.SERVED;
            }
            if (engine.hasMessage(pop)) {
                // there is more to look at than one turn allows
                return PopPolls.Server.Verdict.LATER;
            }
        }
        boolean ofAll = pop.queueIds().length == backlog.queueIds(pop.topic()).length;
        return ofAll ? PopPolls.Server.Verdict.EMPTY : PopPolls.Server.Verdict.NOTHING;
    }

    /** A connection takes answers again. */
    void writable(Connection connection) {
        polls.writable(connection);
    }

    /** Messages of a queue became visible. */
    void visible(QueueLog queue) {
        polls.wake(queue.topic());
    }

    /** The offsets of a group were set: what waits may find something now. */
    void reset(String topic, String group) {
        polls.wake(topic, group);
    }

    @Override
    public long nextDue() {
        return polls.isAwake() ? 0 : engine.nextDue();
    }

    @Override
    public void seeTo(long now) {
        popsLeft = POPS_PER_TURN;
        looksLeft = LOOKS_PER_TURN;
        bytesLeft = BYTES_PER_TURN;
        engine.expire(now, EXPIRE_PER_TURN);
        polls.serve(this::serve);
        engine.commit();
    }

    /** Answers those who have waited long enough, and now and then forgets what is deleted. */
    void expire() {
        long now = clock.getAsLong();
        polls.expire(now, poll -> over(poll.request(), poll.notification()));
        if (now - lastSettled >= SETTLE_DELETED_MILLIS) {
            lastSettled = now;
            engine.settleDeleted();
        }
    }
}
