package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jms.connection.CachingConnectionFactory;
import org.springframework.jms.listener.AbstractMessageListenerContainer;
import org.springframework.jms.listener.DefaultMessageListenerContainer;
import org.springframework.jms.listener.SimpleMessageListenerContainer;

/** Spring's listener containers: sharing work, failing listeners, stopping and starting. */
class ListenerContainerTest extends InteropTest {
    /** One delivery and ten redeliveries, the broker's default limit. */
    private static final List<String> ALL_DELIVERIES =
            List.of("m", "m*2", "m*3", "m*4", "m*5", "m*6", "m*7", "m*8", "m*9", "m*10", "m*11");

    private final List<AbstractMessageListenerContainer> containers = new ArrayList<>();
    private @Nullable FulmarConnectionFactory unbuffered;

    @AfterEach
    void stopContainers() {
        containers.forEach(AbstractMessageListenerContainer::shutdown);
        if (unbuffered != null) {
            unbuffered.close();
        }
    }

    private DefaultMessageListenerContainer polling(MessageListener listener) {
        DefaultMessageListenerContainer container = new DefaultMessageListenerContainer();
        container.setReceiveTimeout(100);
        return prepared(container, listener);
    }

    private SimpleMessageListenerContainer simple(MessageListener listener) {
        return prepared(new SimpleMessageListenerContainer(), listener);
    }

    private <T extends AbstractMessageListenerContainer> T prepared(T container, MessageListener listener) {
        containers.add(container);
        container.setConnectionFactory(factory());
        container.setDestinationName(name);
        container.setMessageListener(listener);
        // failures are what these tests are about; they need not be printed
        container.setErrorHandler(failure -> {});
        return container;
    }

    private static void start(AbstractMessageListenerContainer container) {
        container.afterPropertiesSet();
        container.start();
    }

    private static void stop(AbstractMessageListenerContainer container) throws InterruptedException {
        if (container instanceof DefaultMessageListenerContainer polling) {
            CountDownLatch stopped = new CountDownLatch(1);
            polling.stop(stopped::countDown);
            assertThat(stopped.await(WAIT, TimeUnit.MILLISECONDS)).isTrue();
        } else {
            container.stop();
        }
    }

    private void note(Message message) {
        see(seen(message));
    }

    private void noteAndFail(Message message) {
        note(message);
        throw new IllegalStateException("a listener that always fails");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CACHE_NONE", "CACHE_CONNECTION", "CACHE_SESSION", "CACHE_CONSUMER", "CACHE_AUTO"})
    void pollingConsumersShareAQueueWithoutLossOrRepeat(String cacheLevel) throws Exception {
        name += "/" + cacheLevel;
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        DefaultMessageListenerContainer container = polling(message -> {
            threads.add(Thread.currentThread());
            note(message);
        });
        container.setCacheLevelName(cacheLevel);
        container.setConcurrentConsumers(4);
        start(container);
        send(name, texts(200));
        assertThat(nextSeen(200)).containsExactlyInAnyOrderElementsOf(texts(200));
        assertThat(threads).hasSizeBetween(1, 4);
    }

    @Test
    void pollingContainerWithoutPrefetchGrowsWithItsLoadAndServesAll() throws Exception {
        unbuffered = factory("prefetch=0");
        CountDownLatch three = new CountDownLatch(3);
        DefaultMessageListenerContainer container = polling(message -> {
            three.countDown();
            pass(three);
            note(message);
        });
        // With a prefetch the consumer that is there first may hold all of them.
        container.setConnectionFactory(unbuffered);
        container.setConcurrency("1-5");
        container.setMaxMessagesPerTask(1);
        start(container);
        send(name, texts(30));
        assertThat(nextSeen(30)).containsExactlyInAnyOrderElementsOf(texts(30));
    }

    private static void pass(CountDownLatch latch) {
        try {
            assertThat(latch.await(WAIT, TimeUnit.MILLISECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void pollingConsumersShareADurableSubscriptionThatKeepsWhatIsSentWhileTheyAreStopped() throws Exception {
        DefaultMessageListenerContainer container = polling(this::note);
        container.setPubSubDomain(true);
        container.setSubscriptionShared(true);
        container.setSubscriptionDurable(true);
        container.setSubscriptionName(name);
        container.setConcurrentConsumers(3);
        start(container);
        eventually("three consumers are there", () -> container.getActiveConsumerCount() == 3);
        awaitSubscription(name);
        publish(name, texts(100));
        assertThat(nextSeen(100)).containsExactlyInAnyOrderElementsOf(texts(100));
        container.shutdown();
        publish(name, texts(20));
        start(container);
        assertThat(nextSeen(20)).containsExactlyInAnyOrderElementsOf(texts(20));
    }

    @Test
    void durableSubscriberOfAClientGetsWhatIsSentWhileItIsAway() throws Exception {
        DefaultMessageListenerContainer container = polling(this::note);
        container.setPubSubDomain(true);
        container.setSubscriptionDurable(true);
        container.setSubscriptionName("s");
        container.setClientId(name);
        start(container);
        awaitSubscription(name);
        container.shutdown();
        publish(name, texts(5));
        start(container);
        assertThat(nextSeen(5)).isEqualTo(texts(5));
    }

    @Test
    void selectorOfAContainerLeavesOtherMessagesInTheQueue() throws Exception {
        DefaultMessageListenerContainer container = polling(this::note);
        container.setMessageSelector("JMSType = 'wanted'");
        start(container);
        try (JMSContext context = factory().createContext()) {
            for (String type : List.of("wanted", "other", "wanted")) {
                context.createProducer().setJMSType(type).send(context.createQueue(name), type);
            }
        }
        assertThat(nextSeen(2)).containsExactly("wanted", "wanted");
        assertThat(take(name, 1)).containsExactly("other");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void failingListenerGetsTheMessageTenTimesAgainAndThenItIsADeadLetter(boolean pollingOne) throws Exception {
        name += "/" + pollingOne;
        AbstractMessageListenerContainer container =
                pollingOne ? polling(this::noteAndFail) : simple(this::noteAndFail);
        container.setSessionAcknowledgeMode(Session.CLIENT_ACKNOWLEDGE);
        start(container);
        send(name, List.of("m"));
        assertThat(nextSeen(11)).isEqualTo(ALL_DELIVERIES);
        assertDeadLetter();
    }

    /** As Spring's pages say: the provider never learns of the failure, so docs/libraries.md advises the other mode. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void springTakesAFailedMessageAsDoneInAutoMode(boolean pollingOne) throws Exception {
        name += "/" + pollingOne;
        start(pollingOne ? polling(this::noteAndFail) : simple(this::noteAndFail));
        send(name, List.of("a", "b"));
        assertThat(nextSeen(2)).containsExactly("a", "b");
        stopContainers();
        assertEmpty(name);
    }

    private void assertDeadLetter() throws Exception {
        try (JMSContext context = factory().createContext();
                JMSConsumer dead = context.createConsumer(context.createQueue("%DLQ%" + name))) {
            Message message = dead.receive(WAIT);
            assertThat(message).isNotNull();
            assertThat(text(message)).isEqualTo("m");
            assertThat(message.getStringProperty("JMS_FULMAR_Destination")).isEqualTo(name);
        }
        assertEmpty(name);
    }

    @Test
    void messagesBehindAFailedOneAreServed() throws Exception {
        DefaultMessageListenerContainer container = polling(message -> {
            if (text(message).equals("m1")) {
                noteAndFail(message);
            }
            note(message);
        });
        container.setSessionAcknowledgeMode(Session.CLIENT_ACKNOWLEDGE);
        container.setConcurrentConsumers(2);
        start(container);
        send(name, texts(4));
        List<String> all = nextSeen(3 + 11);
        assertThat(all).filteredOn(text -> !text.startsWith("m1")).containsExactlyInAnyOrder("m0", "m2", "m3");
        assertThat(all).filteredOn(text -> text.startsWith("m1")).hasSize(11).startsWith("m1", "m1*2");
        assertThat(take("%DLQ%" + name, 1)).containsExactly("m1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void containerThatIsStoppedAndStartedUnderLoadLosesNothing(boolean pollingOne) throws Exception {
        name += "/" + pollingOne;
        Set<String> distinct = ConcurrentHashMap.newKeySet();
        MessageListener listener = message -> {
            distinct.add(text(message));
            note(message);
        };
        AbstractMessageListenerContainer container = pollingOne ? polling(listener) : simple(listener);
        if (container instanceof DefaultMessageListenerContainer poller) {
            poller.setConcurrentConsumers(3);
        } else {
            ((SimpleMessageListenerContainer) container).setConcurrentConsumers(3);
        }
        // otherwise Spring throws away what it has received when it is stopped, and in AUTO mode that is gone
        container.setAcceptMessagesWhileStopping(true);
        start(container);
        for (int round = 0; round < 5; round++) {
            int from = round * 40;
            send(name, texts(200).subList(from, from + 40));
            eventually("some came in round " + round, () -> distinct.size() > from);
            stop(container);
            container.start();
        }
        assertThat(nextSeen(200)).containsExactlyInAnyOrderElementsOf(texts(200));
    }

    @Test
    void simpleContainerSharesAQueueBetweenItsSessions() throws Exception {
        SimpleMessageListenerContainer container = simple(this::note);
        container.setConcurrentConsumers(4);
        start(container);
        send(name, texts(200));
        assertThat(nextSeen(200)).containsExactlyInAnyOrderElementsOf(texts(200));
    }

    @Test
    void simpleContainerOnATopicGetsEachMessageOnce() throws Exception {
        SimpleMessageListenerContainer container = simple(this::note);
        container.setPubSubDomain(true);
        start(container);
        publish(name, texts(20));
        assertThat(nextSeen(20)).isEqualTo(texts(20));
    }

    @Test
    void containersOverACachingFactoryWorkSideBySide() throws Exception {
        CachingConnectionFactory cache = new CachingConnectionFactory(factory());
        cache.setCacheConsumers(false);
        DefaultMessageListenerContainer one = polling(this::note);
        SimpleMessageListenerContainer two = simple(this::note);
        one.setConnectionFactory(cache);
        two.setConnectionFactory(cache);
        start(one);
        start(two);
        send(name, texts(100));
        assertThat(nextSeen(100)).containsExactlyInAnyOrderElementsOf(texts(100));
        stopContainers();
        cache.destroy();
    }
}
