package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.TopicRoute;
import org.fulmar.client.allocation.Allocation;
import org.fulmar.protocol.command.PullRequest;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong in listeners, in allocations and on the way to brokers, and must hold up nothing for good. */
@Timeout(120)
class ConsumerFaultsTest {
    private static final Duration LITTLE = Duration.ofMillis(10);

    private final Received received = new Received();
    private final List<AutoCloseable> open = new ArrayList<>();
    private ScriptedBroker broker;
    private ClientInstance client;

    @BeforeEach
    void start() throws Exception {
        broker = new ScriptedBroker();
        client = broker.client();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        client.close();
        broker.close();
    }

    private PushConsumer.Builder builder(ConsumerOptions options) {
        return PushConsumer.builder(client, "G")
                .subscribe(ScriptedBroker.TOPIC, "*")
                .options(options.startAt(StartPosition.FIRST));
    }

    private static void upTo(org.fulmar.protocol.transport.Request request, long end) {
        long from = PullRequest.decode(request.frame()).queueOffset();
        if (from < end) {
            ScriptedBroker.found(request, from, (int) (end - from), 0);
        } else {
            request.park();
        }
    }

    private void disconnectOnce(AtomicBoolean done) {
        if (done.compareAndSet(false, true)) {
            broker.disconnect();
        }
    }

    // --- Listeners ---------------------------------------------------------------------------------------------

    @Test
    void anErrorOfAnOrderedListenerIsAFailureLikeAnyOther() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 3));
        AtomicInteger failures = new AtomicInteger();
        open.add(builder(new ConsumerOptions().threads(1, 1).suspendQueue(LITTLE))
                .ordered((messages, context) -> {
                    if (failures.getAndIncrement() == 0) {
                        throw new NoClassDefFoundError("of this test");
                    }
                    return received.consume(messages, context);
                })
                .start());
        await().until(() -> received.messages.size() == 3);
        assertThat(received.bodies()).containsExactly("0", "1", "2");
    }

    @Test
    void anErrorOfAConcurrentListenerIsAFailureLikeAnyOther() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 5));
        open.add(builder(new ConsumerOptions().threads(2, 2))
                .concurrent((messages, context) -> {
                    if (Received.body(messages.get(0)).compareTo("3") < 0) {
                        throw new NoClassDefFoundError("of this test");
                    }
                    return received.consume(messages, context);
                })
                .start());
        await().until(() -> received.messages.size() == 2);
        await().until(() -> broker.count(RequestCode.CONSUMER_SEND_MSG_BACK) == 3);
    }

    @Test
    void aBroadcastListenerThatTakesTooLongHoldsUpNoOther(@TempDir Path directory) throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> {
            long from = PullRequest.decode(request.frame()).queueOffset();
            upTo(request, Math.min(from + 1, 3));
        });
        CountDownLatch never = new CountDownLatch(1);
        open.add(never::countDown);
        PushConsumer consumer = builder(new ConsumerOptions()
                        .messageModel(MessageModel.BROADCASTING)
                        .offsetDirectory(directory)
                        .queueMessages(1)
                        .consumeTimeout(LITTLE))
                .concurrent((messages, context) -> {
                    if (Received.body(messages.get(0)).equals("0")) {
                        never.await();
                    }
                    return received.consume(messages, context);
                })
                .start();
        await().until(() -> received.bodies().containsAll(List.of("1", "2")));
        never.countDown();
        consumer.close();
    }

    // --- Locks -------------------------------------------------------------------------------------------------

    @Test
    void anOrderedListenerNeverRunsBesideItselfHoweverLongItTakes() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 3));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger running = new AtomicInteger();
        AtomicBoolean twice = new AtomicBoolean();
        PushConsumer consumer = builder(new ConsumerOptions().threads(4, 4).drainTimeout(Duration.ofMillis(100)))
                .ordered((messages, context) -> {
                    if (running.incrementAndGet() > 1) {
                        twice.set(true);
                    }
                    begun.countDown();
                    go.await();
                    running.decrementAndGet();
                    return received.consume(messages, context);
                })
                .start();
        open.add(consumer);
        begun.await();
        // the one that brought the messages, and the one that waits for more
        await().until(() -> broker.count(RequestCode.PULL_MESSAGE) == 2);
        broker.disconnect();
        // long after the time that draining has
        await().during(Duration.ofMillis(1500)).until(() -> !twice.get());
        assertThat(broker.count(RequestCode.PULL_MESSAGE)).isEqualTo(2);
        go.countDown();
        await().until(() -> received.messages.size() == 3);
        assertThat(received.bodies()).containsExactly("0", "1", "2");
        assertThat(twice).isFalse();
    }

    @Test
    void aMessageThatCouldNotBeGivenBackDoesNotKeepTheQueueFromItsLock() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 10));
        AtomicBoolean lost = new AtomicBoolean();
        broker.on(RequestCode.CONSUMER_SEND_MSG_BACK, request -> disconnectOnce(lost));
        AtomicInteger firsts = new AtomicInteger();
        open.add(builder(new ConsumerOptions().threads(1, 1))
                .concurrent((messages, context) -> {
                    if (Received.body(messages.get(0)).equals("0") && firsts.getAndIncrement() == 0) {
                        return ConsumeResult.RETRY_LATER;
                    }
                    return received.consume(messages, context);
                })
                .start());
        // it is tried again here after 5 s: far sooner than the drain time-out of 30 s
        await().atMost(Duration.ofSeconds(25)).until(() -> received.bodies().contains("0"));
        assertThat(firsts).hasValueGreaterThan(1);
    }

    @Test
    void aResetOutlastsALostLock() throws Exception {
        broker.committed.set(10);
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 11));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        open.add(builder(new ConsumerOptions())
                .ordered((messages, context) -> {
                    begun.countDown();
                    go.await();
                    return received.consume(messages, context);
                })
                .start());
        begun.await();
        broker.ask(
                        RequestCode.RESET_CONSUMER_CLIENT_OFFSET,
                        Map.of("topic", "T", "group", "G", "timestamp", "0", "isForce", "true"),
                        "{\"offsetTable\":[{\"brokerName\":\"a\",\"queueId\":0,\"topic\":\"T\",\"offset\":5}]}"
                                .getBytes(StandardCharsets.UTF_8))
                .release();
        broker.disconnect();
        await().until(() -> broker.count(RequestCode.HEART_BEAT) > 1);
        await().during(Duration.ofMillis(100)).until(received.messages::isEmpty);
        go.countDown();
        await().until(() -> received.messages.size() == 7);
        assertThat(received.bodies()).containsExactly("10", "5", "6", "7", "8", "9", "10");
    }

    // --- Repetitions -------------------------------------------------------------------------------------------

    @Test
    void aBrokerThatRefusesPullsIsNotAskedMoreOftenTheMoreMessagesAreProcessed() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> {
            if (PullRequest.decode(request.frame()).queueOffset() == 0) {
                ScriptedBroker.found(request, 0, 300, 0);
            } else {
                request.answer(ResponseCode.SYSTEM_ERROR, "not now");
            }
        });
        long start = System.nanoTime();
        open.add(builder(new ConsumerOptions().handOver(HandOver.IMMEDIATE).threads(1, 1))
                .concurrent((messages, context) -> {
                    Thread.sleep(1);
                    return received.consume(messages, context);
                })
                .start());
        await().until(() -> received.messages.size() == 300);
        assertOneInHalfASecond(broker.count(RequestCode.PULL_MESSAGE), start);
        await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
        assertOneInHalfASecond(broker.count(RequestCode.PULL_MESSAGE), start);
    }

    private static void assertOneInHalfASecond(long pulls, long start) {
        assertThat(pulls).isLessThan(5 + (System.nanoTime() - start) / 450_000_000);
    }

    /** Brokers of which none has the topic. */
    private record NoRoutes(AtomicInteger asked) implements Brokers {
        @Override
        public String clientId() {
            return "me";
        }

        @Override
        public int maxBodyBytes() {
            return 1;
        }

        @Override
        public long now() {
            return 0;
        }

        @Override
        public CompletableFuture<TopicRoute> route(String topic) {
            asked.incrementAndGet();
            return CompletableFuture.failedFuture(new ClientException(ClientException.Kind.NO_ROUTE, "none"));
        }

        @Override
        public CompletableFuture<Frame> request(
                String brokerName, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis) {
            throw new AssertionError("there is no broker");
        }

        @Override
        public CompletableFuture<Frame> requestOf(
                String brokerName,
                long replica,
                int code,
                Map<String, String> fields,
                ByteBuf body,
                long timeoutMillis) {
            throw new AssertionError("there is no broker");
        }

        @Override
        public CompletableFuture<Void> heartbeat() {
            return CompletableFuture.completedFuture(null);
        }
    }

    @Test
    void aTopicThatIsNotThereIsNotAskedForMoreOftenTheLongerItIsWaitedFor() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Brokers none = new NoRoutes(asked);
        ConsumerOptions options = new ConsumerOptions();
        options.rebalanceMillis = 600_000;
        try (Loop loop = new Loop("rebalancing")) {
            PolledDelivery delivery = new PolledDelivery(true);
            Membership membership = new Membership(
                    none,
                    "G",
                    options,
                    loop,
                    delivery,
                    new org.fulmar.client.offset.BrokerOffsets(
                            (broker, code, fields) -> CompletableFuture.failedFuture(new AssertionError("no broker")),
                            "G"),
                    Map.of("T", Subscription.ofTags("T", "*", 0)),
                    false,
                    queues -> {});
            Rebalancer rebalancer = new Rebalancer(none, "G", options, loop, () -> List.of("T"), membership);
            loop.ask(rebalancer::start).get().get();
            // what heartbeats, routes and other members give rise to
            for (int i = 0; i < 200; i++) {
                loop.ask(() -> {
                            rebalancer.run();
                            return true;
                        })
                        .get();
            }
            long start = System.nanoTime();
            int before = asked.get();
            await().pollDelay(Duration.ofMillis(2500)).until(() -> asked.get() > before);
            // once a second
            int times = asked.get() - before;
            assertThat((long) times).isLessThan(3 + (System.nanoTime() - start) / 900_000_000);
        }
    }

    // --- Allocation --------------------------------------------------------------------------------------------

    @Test
    void anAllocationThatFailsIsAskedAgain() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 3));
        AtomicInteger calls = new AtomicInteger();
        Allocation wrong = (self, queues, members) -> switch (calls.getAndIncrement()) {
            case 0 -> null;
            case 1 -> throw new IllegalStateException("of this test");
            case 2 -> List.of(new MessageQueue("another", "a", 0));
            default -> queues;
        };
        open.add(builder(new ConsumerOptions().allocation(wrong).rebalanceEvery(Duration.ofMillis(100)))
                .concurrent(received)
                .start());
        await().until(() -> received.messages.size() == 3);
        assertThat(calls).hasValueGreaterThan(3);
    }
}
