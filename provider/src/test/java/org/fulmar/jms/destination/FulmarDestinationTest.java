package org.fulmar.jms.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Destination;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.Topic;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.jms.destination.FulmarDestination.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FulmarDestinationTest {

    private static final String ODD_NAME = "a:b \u0001\u0002\\\uD83D\uDE00\uD800";

    @Test
    void textFormsAreThoseOfTheWire() {
        assertThat(new FulmarQueue("q").encode()).isEqualTo("queue:q");
        assertThat(new FulmarTopic("t").encode()).isEqualTo("topic:t");
        assertThat(new FulmarTemporaryQueue("q", null).encode()).isEqualTo("temp-queue:q");
        assertThat(new FulmarTemporaryTopic("t", null).encode()).isEqualTo("temp-topic:t");
    }

    @ParameterizedTest
    @EnumSource
    void parseGivesBackWhatEncodeMadeOfAnyName(Kind kind) throws Exception {
        FulmarDestination destination = FulmarDestination.of(kind, ODD_NAME);
        FulmarDestination parsed = FulmarDestination.parse(destination.encode());
        assertThat(parsed).isEqualTo(destination).hasSameHashCodeAs(destination).hasSameClassAs(destination);
        assertThat(parsed.name()).isEqualTo(ODD_NAME);
        assertThat(parsed.kind()).isEqualTo(kind);
        assertThat(parsed).hasToString(destination.encode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "queue", "queue:", "Queue:q", " queue:q", "pile:q", "q"})
    void parseRefusesWhatIsNotADestination(String text) {
        assertThatThrownBy(() -> FulmarDestination.parse(text)).isInstanceOf(InvalidDestinationException.class);
    }

    @Test
    void destinationsOfDifferentKindsOrNamesDiffer() throws Exception {
        List<FulmarDestination> all = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            all.add(FulmarDestination.of(kind, "a"));
            all.add(FulmarDestination.of(kind, "b"));
        }
        assertThat(all).doesNotHaveDuplicates();
    }

    @Test
    void namesHaveOneTo1024Characters() {
        assertThat(new FulmarQueue("x".repeat(1_024)).name()).hasSize(1_024);
        assertThatThrownBy(() -> new FulmarQueue("x".repeat(1_025))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new FulmarQueue("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FulmarDestination.of(Kind.TOPIC, "")).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> FulmarDestination.of(Kind.TOPIC, null))
                .isInstanceOf(InvalidDestinationException.class);
    }

    @Test
    void deleteOfATemporaryDestinationGoesToItsOwner() throws Exception {
        List<FulmarDestination> deleted = new ArrayList<>();
        FulmarTemporaryQueue queue = new FulmarTemporaryQueue("q", deleted::add);
        FulmarTemporaryTopic topic = new FulmarTemporaryTopic("t", deleted::add);
        queue.delete();
        topic.delete();
        assertThat(deleted).containsExactly(queue, topic);
    }

    @Test
    void deleteWithoutAnOwnerSaysThatOnlyTheCreatingConnectionCan() throws Exception {
        FulmarTemporaryQueue queue = new FulmarTemporaryQueue("q", null);
        FulmarTemporaryTopic travelled = copy(new FulmarTemporaryTopic("t", destination -> {}));
        assertThatThrownBy(queue::delete)
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("temp-queue:q")
                .hasMessageContaining("creating connection");
        assertThatThrownBy(travelled::delete).isInstanceOf(JMSException.class);
    }

    @ParameterizedTest
    @EnumSource
    void serialisedCopiesAreEqual(Kind kind) throws Exception {
        FulmarDestination destination = FulmarDestination.of(kind, ODD_NAME);
        assertThat(copy(destination)).isEqualTo(destination);
    }

    @Test
    void aForeignDestinationIsTakenByItsInterfaceAndName() throws Exception {
        Queue queue = () -> "q";
        Topic topic = () -> "t";
        FulmarQueue own = new FulmarQueue("own");
        assertThat(FulmarDestination.from(queue)).isEqualTo(new FulmarQueue("q"));
        assertThat(FulmarDestination.from(topic)).isEqualTo(new FulmarTopic("t"));
        assertThat(FulmarDestination.from(own)).isSameAs(own);
        assertThat(FulmarDestination.from(new Both(null, "t"))).isEqualTo(new FulmarTopic("t"));
        assertThat(FulmarDestination.from(new Both("q", null))).isEqualTo(new FulmarQueue("q"));
        assertThatThrownBy(() -> FulmarDestination.from(new Destination() {}))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> FulmarDestination.from(null)).isInstanceOf(InvalidDestinationException.class);
    }

    @SuppressWarnings("unchecked")
    private static <T> T copy(T object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return (T) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    }

    private static final class Both implements Queue, Topic {
        private final String queue;
        private final String topic;

        Both(String queue, String topic) {
            this.queue = queue;
            this.topic = topic;
        }

        @Override
        public String getQueueName() {
            return queue;
        }

        @Override
        public String getTopicName() {
            return topic;
        }
    }
}
