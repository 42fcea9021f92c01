package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.Vector;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FulmarObjectMessageTest {

    static final class Order implements Serializable {
        private static final long serialVersionUID = 1L;
        String name = "order";
    }

    static final class Failing implements Serializable {
        private static final long serialVersionUID = 1L;

        private void readObject(ObjectInputStream in) {
            throw new IllegalArgumentException("on purpose");
        }
    }

    private static FulmarObjectMessage of(Serializable object, String... allowed) throws Exception {
        FulmarObjectMessage message = new FulmarObjectMessage(DeserializationPolicy.allowing(List.of(allowed)));
        message.setObject(object);
        return message;
    }

    static List<Serializable> values() {
        return List.of(
                "text",
                true,
                (byte) 1,
                'c',
                (short) 2,
                3,
                4L,
                1.5f,
                2.5,
                BigInteger.TEN.pow(50),
                new BigDecimal("1.20"),
                RoundingMode.UP,
                new ArrayList<>(List.of(1, "a")),
                new LinkedList<>(List.of(1)),
                new Vector<>(List.of(1)),
                new HashMap<>(Map.of("a", 1)),
                new LinkedHashMap<>(Map.of("a", List.of(1))),
                new TreeMap<>(Map.of("a", 1)),
                new TreeMap<>(String.CASE_INSENSITIVE_ORDER),
                new HashSet<>(Set.of(1)),
                (Serializable) List.of(1, 2, 3),
                (Serializable) Set.of(1),
                (Serializable) Map.of(1, 2),
                (Serializable) Arrays.asList(1, 2),
                (Serializable) Collections.unmodifiableList(new ArrayList<>(List.of(1))),
                (Serializable) Collections.singletonMap("a", "b"),
                (Serializable) Collections.synchronizedMap(new HashMap<>(Map.of(1, 2))),
                EnumSet.of(DayOfWeek.MONDAY),
                new EnumMap<>(Map.of(DayOfWeek.MONDAY, 1)),
                new Date(5),
                new UUID(1, 2),
                Locale.GERMANY,
                Currency.getInstance("EUR"),
                BitSet.valueOf(new long[] {5}),
                properties(),
                Instant.ofEpochMilli(5),
                Duration.ofSeconds(5),
                LocalDate.of(2026, 1, 2),
                ZonedDateTime.ofInstant(Instant.EPOCH, ZoneId.of("Europe/Berlin")),
                new int[] {1, 2},
                new byte[100],
                new String[] {"a", null},
                new Object[] {1, "a", new long[][] {{1}, {2}}},
                new Integer[][] {{1}, null});
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("a", "b");
        return properties;
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueTypesOfTheJdkNeedNoConfiguration(Serializable value) throws Exception {
        Serializable received = Wire.trip(of(value)).getObject();
        assertThat(received).hasSameClassAs(value);
        if (value.getClass().isArray()) {
            assertThat(Arrays.deepEquals(new Object[] {received}, new Object[] {value}))
                    .isTrue();
        } else {
            assertThat(received).isEqualTo(value);
        }
    }

    @Test
    void dequesNeedNoConfiguration() throws Exception {
        ArrayDeque<?> received =
                (ArrayDeque<?>) of(new ArrayDeque<>(List.of(1, 2))).getObject();
        assertThat(received.toArray()).containsExactly(1, 2);
    }

    @Test
    void aRefusedClassIsNamedTogetherWithTheOption() throws Exception {
        for (Serializable object : new Serializable[] {
            new Order(),
            new Order[1],
            new Order[2][3],
            new ArrayList<>(List.of(new Order())),
            new Object[] {new Order()}
        }) {
            FulmarObjectMessage message = of(object);
            assertThatThrownBy(message::getObject)
                    .isInstanceOf(MessageFormatException.class)
                    .hasMessageContaining(Order.class.getName())
                    .hasMessageContaining("deserializationAllowList");
            assertThat(message.isBodyAssignableTo(Object.class)).isFalse();
            assertThatThrownBy(() -> message.getBody(Object.class)).isInstanceOf(MessageFormatException.class);
        }
        assertThatThrownBy(of(new IllegalStateException("x"))::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("java.lang.IllegalStateException");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.fulmar.jms.message.FulmarObjectMessageTest$Order",
                "org.fulmar.jms.message.*",
                "org.fulmar.*",
                "*",
                " org.fulmar.jms.message.* "
            })
    void aConfiguredClassIsAllowed(String pattern) throws Exception {
        assertThat(((Order) of(new Order(), pattern).getObject()).name).isEqualTo("order");
        assertThat(((Order[]) of(new Order[] {new Order()}, pattern).getObject())[0].name)
                .isEqualTo("order");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.fulmar.jms.message.FulmarObjectMessageTest",
                "org.fulmar.jms.mess.*",
                "org",
                "com.acme.*",
                "Order",
                "org.fulmar.jms.message.fulmarobjectmessagetest$order"
            })
    void aPatternAllowsNothingElse(String pattern) throws Exception {
        assertThatThrownBy(of(new Order(), pattern)::getObject).isInstanceOf(MessageFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "com.acme*", "*.acme", ".*", "com.*.x", "**", "com.**"})
    void aPatternOfAnotherFormIsAnIllegalArgument(String pattern) {
        assertThatThrownBy(() -> DeserializationPolicy.allowing(List.of(pattern)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("deserializationAllowList");
    }

    @Test
    void aRefusedClassIsNotEvenLoaded() throws Exception {
        List<String> asked = new ArrayList<>();
        ClassLoader recording = new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                asked.add(name);
                return super.loadClass(name, resolve);
            }
        };
        FulmarObjectMessage message = of(new ArrayList<>(List.of(new Order())));
        withContextLoader(recording, () -> {
            assertThatThrownBy(message::getObject).isInstanceOf(MessageFormatException.class);
            return null;
        });
        assertThat(asked).contains("java.util.ArrayList").doesNotContain(Order.class.getName());
    }

    @Test
    void classesComeFromTheContextClassLoaderAndElseFromOurs() throws Exception {
        ClassLoader childFirst = new ClassLoader(null) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                String resource = name.replace('.', '/') + ".class";
                try (var in = FulmarObjectMessageTest.class.getClassLoader().getResourceAsStream(resource)) {
                    if (!name.endsWith("$Order") || in == null) {
                        throw new ClassNotFoundException(name);
                    }
                    byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        };
        FulmarObjectMessage message = of(new Order(), "*");
        assertThat(withContextLoader(childFirst, message::getObject).getClass().getClassLoader())
                .isSameAs(childFirst);
        FulmarObjectMessage known = of(new Known(), "*");
        assertThat(withContextLoader(childFirst, known::getObject)).isInstanceOf(Known.class);
        assertThat(withContextLoader(null, message::getObject)).isInstanceOf(Order.class);
    }

    static final class Known implements Serializable {
        private static final long serialVersionUID = 1L;
        int[] values = {1};
    }

    private static <T> T withContextLoader(ClassLoader loader, Callable<T> call) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return call.call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void aProxyIsRefusedEvenIfAllClassesAreAllowed() throws Exception {
        InvocationHandler handler = (InvocationHandler & Serializable) (self, method, arguments) -> null;
        Serializable proxy = (Serializable) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Serializable.class, Runnable.class}, handler);
        assertThatThrownBy(of(proxy, "*")::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("prox");
    }

    @Test
    void whatExceedsALimitIsRefusedAndTheLimitNamed() throws Exception {
        ArrayList<Object> nested = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            nested = new ArrayList<>(Collections.singletonList(nested));
        }
        assertThatThrownBy(of(nested, "*")::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("deeper than 20");

        ArrayList<Object> many = new ArrayList<>();
        for (int i = 0; i < 10_100; i++) {
            many.add(new Date(i));
        }
        assertThatThrownBy(of(many, "*")::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("10000 references");

        assertThatThrownBy(of(new byte[1_000_001], "*")::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("longer than 1000000");
        assertThat((byte[]) of(new byte[1_000_000]).getObject()).hasSize(1_000_000);

        assertThatThrownBy(of(new byte[18][1_000_000], "*")::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("16777216 bytes");
    }

    @Test
    void aListThatContainsItselfInASetIsAFormatErrorNotAStackOverflow() throws Exception {
        ArrayList<Object> self = new ArrayList<>();
        HashSet<Object> set = new HashSet<>();
        set.add(self);
        self.add(self);
        assertThatThrownBy(of(set)::getObject).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void whateverAClassThrowsIsAFormatError() throws Exception {
        assertThatThrownBy(of(new Failing(), "*")::getObject)
                .isInstanceOf(MessageFormatException.class)
                .hasRootCauseMessage("on purpose");
        assertThatThrownBy(() -> of(new ArrayList<>(List.of(new Object())))).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void theMessageHoldsASnapshotAndGivesCopies() throws Exception {
        ArrayList<Integer> list = new ArrayList<>(List.of(1));
        FulmarObjectMessage message = of(list);
        list.add(2);
        assertThat(message.getObject()).isEqualTo(List.of(1));
        assertThat(message.getObject()).isNotSameAs(message.getObject());
    }

    @Test
    void aReceivedObjectIsReadOnlyUntilCleared() throws Exception {
        FulmarObjectMessage message = Wire.trip(of(1));
        assertThatThrownBy(() -> message.setObject(2)).isInstanceOf(MessageNotWriteableException.class);
        message.clearBody();
        assertThat(message.getObject()).isNull();
        message.setObject(2);
        assertThat(message.getObject()).isEqualTo(2);
        message.setObject(null);
        assertThat(message.getObject()).isNull();
    }
}
