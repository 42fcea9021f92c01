package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionConsumer;
import jakarta.jms.Destination;
import jakarta.jms.ExceptionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import jakarta.jms.XAConnection;
import jakarta.jms.XAJMSContext;
import jakarta.jms.XASession;
import java.io.Serializable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.message.FulmarMessage;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every method of every interface, called on an object that is closed, or whose owner is, throws IllegalStateException;
 * close alone does not (JMS 3.1, sections 6.1.8, 6.2.15 and 8.8).
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ClosedObjectsTest {
    /** What closes before the calls. */
    enum Closed {
        ITSELF,
        SESSION,
        CONNECTION
    }

    private static final String QUEUE = "closed.queue";

    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    /** An interface, what of it is closed, and the methods that may do what they like. */
    static Stream<Arguments> objects() {
        // its own session's run ends at once when the session is closed: an application server's thread is no client
        Set<String> ofSession = Set.of("close", "run");
        // a transaction manager may end branches when their session is closed
        Set<String> ofXaSession = Set.of("close", "run", "getSession", "getXAResource");
        Set<String> closeOnly = Set.of("close");
        return Stream.of(
                Arguments.of(Connection.class, Closed.ITSELF, closeOnly),
                Arguments.of(Session.class, Closed.ITSELF, ofSession),
                Arguments.of(Session.class, Closed.CONNECTION, ofSession),
                Arguments.of(XAConnection.class, Closed.ITSELF, closeOnly),
                Arguments.of(XASession.class, Closed.ITSELF, ofXaSession),
                Arguments.of(XASession.class, Closed.CONNECTION, ofXaSession),
                Arguments.of(XAJMSContext.class, Closed.ITSELF, Set.of("close", "getContext", "getXAResource")),
                Arguments.of(MessageProducer.class, Closed.ITSELF, closeOnly),
                Arguments.of(MessageProducer.class, Closed.SESSION, closeOnly),
                Arguments.of(MessageProducer.class, Closed.CONNECTION, closeOnly),
                Arguments.of(MessageConsumer.class, Closed.ITSELF, closeOnly),
                Arguments.of(MessageConsumer.class, Closed.SESSION, closeOnly),
                Arguments.of(MessageConsumer.class, Closed.CONNECTION, closeOnly),
                Arguments.of(TopicSubscriber.class, Closed.ITSELF, closeOnly),
                Arguments.of(QueueBrowser.class, Closed.ITSELF, closeOnly),
                Arguments.of(QueueBrowser.class, Closed.SESSION, closeOnly),
                Arguments.of(QueueBrowser.class, Closed.CONNECTION, closeOnly),
                Arguments.of(ConnectionConsumer.class, Closed.ITSELF, closeOnly),
                Arguments.of(ConnectionConsumer.class, Closed.CONNECTION, closeOnly),
                Arguments.of(JMSContext.class, Closed.ITSELF, closeOnly),
                Arguments.of(JMSConsumer.class, Closed.ITSELF, closeOnly),
                Arguments.of(JMSConsumer.class, Closed.SESSION, closeOnly),
                Arguments.of(JMSProducer.class, Closed.SESSION, namesBut(JMSProducer.class, "send")));
    }

    /** A JMSProducer has no close; what it holds for later messages may be read and set at any time. */
    private static Set<String> namesBut(Class<?> type, String prefix) {
        return Set.copyOf(Arrays.stream(type.getMethods())
                .map(Method::getName)
                .filter(name -> !name.startsWith(prefix))
                .distinct()
                .toList());
    }

    @ParameterizedTest
    @MethodSource("objects")
    void refusesEverythingButClose(Class<?> type, Closed closed, Set<String> free) throws Exception {
        try (XAConnection connection = BROKER.factory().createXAConnection();
                JMSContext context = BROKER.factory().createContext()) {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Object object = make(type, connection, session, context);
            switch (closed) {
                case ITSELF ->
                    ((AutoCloseable) (object instanceof ConnectionConsumer it ? closing(it) : object)).close();
                case SESSION -> {
                    session.close();
                    context.close();
                }
                case CONNECTION -> connection.close();
            }
            List<String> wrong = new ArrayList<>();
            for (Method method : methods(type)) {
                boolean close = method.getName().equals("close");
                Object outcome = close || !free.contains(method.getName()) ? call(object, method) : null;
                boolean refused =
                        outcome instanceof IllegalStateException || outcome instanceof IllegalStateRuntimeException;
                if (close ? outcome instanceof Throwable : !refused && !free.contains(method.getName())) {
                    wrong.add(method.getName() + Arrays.toString(method.getParameterTypes()) + ": " + outcome);
                }
            }
            assertThat(wrong).isEmpty();
        }
    }

    private static AutoCloseable closing(ConnectionConsumer consumer) {
        return consumer::close;
    }

    private static List<Method> methods(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .sorted(Comparator.comparing(Method::getName))
                .toList();
    }

    private static Object make(Class<?> type, XAConnection connection, Session session, JMSContext context)
            throws Exception {
        Queue queue = session.createQueue(QUEUE);
        if (type == Connection.class || type == XAConnection.class) {
            return connection;
        } else if (type == XASession.class) {
            return connection.createXASession();
        } else if (type == XAJMSContext.class) {
            return BROKER.factory().createXAContext();
        } else if (type == Session.class) {
            return session;
        } else if (type == MessageProducer.class) {
            return session.createProducer(queue);
        } else if (type == MessageConsumer.class) {
            return session.createConsumer(queue);
        } else if (type == TopicSubscriber.class) {
            return session.createConsumer(session.createTopic("closed.topic"));
        } else if (type == QueueBrowser.class) {
            return session.createBrowser(queue);
        } else if (type == ConnectionConsumer.class) {
            return connection.createConnectionConsumer(queue, null, () -> null, 1);
        } else if (type == JMSContext.class) {
            return context;
        } else if (type == JMSConsumer.class) {
            return context.createConsumer(queue);
        }
        return context.createProducer();
    }

    private static Object call(Object object, Method method) throws Exception {
        Object[] arguments = new Object[method.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = argument(method.getParameterTypes()[i]);
        }
        try {
            return method.invoke(object, arguments);
        } catch (InvocationTargetException e) {
            return e.getCause();
        }
    }

    /** Something that would do on an open object. */
    private static Object argument(Class<?> type) throws Exception {
        if (type == int.class) {
            return 1;
        } else if (type == long.class) {
            return 1L;
        } else if (type == boolean.class) {
            return false;
        } else if (type == String.class || type == Serializable.class || type == Object.class) {
            return "s";
        } else if (type == Class.class) {
            return String.class;
        } else if (type == byte[].class) {
            return new byte[1];
        } else if (type == Map.class) {
            return Map.of();
        } else if (type == Queue.class || type == Destination.class) {
            return FulmarDestination.parse("queue:" + QUEUE);
        } else if (type == Topic.class) {
            return FulmarDestination.parse("topic:closed.topic");
        } else if (type == Message.class) {
            return new FulmarMessage();
        } else if (type == MessageListener.class) {
            return (MessageListener) message -> {};
        } else if (type == ExceptionListener.class) {
            return (ExceptionListener) problem -> {};
        } else if (type == ServerSessionPool.class) {
            return (ServerSessionPool) () -> null;
        } else if (type == CompletionListener.class) {
            return new CompletionListener() {
                @Override
                public void onCompletion(Message message) {}

                @Override
                public void onException(Message message, Exception exception) {}
            };
        }
        throw new AssertionError("no argument for " + type);
    }
}
