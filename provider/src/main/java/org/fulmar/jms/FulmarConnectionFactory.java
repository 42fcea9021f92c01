package org.fulmar.jms;

import jakarta.jms.Connection;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.QueueConnection;
import jakarta.jms.TopicConnection;
import jakarta.jms.XAConnection;
import jakarta.jms.XAJMSContext;
import jakarta.jms.XAQueueConnection;
import jakarta.jms.XAQueueConnectionFactory;
import jakarta.jms.XATopicConnection;
import jakarta.jms.XATopicConnectionFactory;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import javax.naming.Reference;
import javax.naming.Referenceable;
import org.fulmar.jms.destination.References;
import org.fulmar.jms.link.Connector;
import org.fulmar.jms.link.LinkException;
import org.fulmar.jms.session.FulmarConnection;
import org.fulmar.jms.session.FulmarContext;
import org.fulmar.jms.session.FulmarQueueConnection;
import org.fulmar.jms.session.FulmarTopicConnection;
import org.fulmar.jms.session.FulmarXaConnection;
import org.fulmar.jms.session.FulmarXaQueueConnection;
import org.fulmar.jms.session.FulmarXaTopicConnection;
import org.fulmar.jms.session.JmsErrors;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.jspecify.annotations.Nullable;

/**
 * Makes connections (JMS 3.1, section 6.1.1), those of transaction managers too. {@link ConnectionUrl} says what URLs look like, {@link ClientOptions}
 * which options they take.
 *
 * <p>Any thread may use it. Its connections share two event-loop threads. An embedded broker lives as long as the
 * factory is not closed, and the process runs.
 *
 * <p>It is an administered object (section 5.1): what JNDI stores of it, and what is serialised, is its URL alone. A
 * password that is an option of the URL is stored with it, readable by whoever can read the store; keep it out of the
 * URL and give it to {@code createConnection} where that matters. A copy has connections, and for a URL of an embedded
 * broker without a directory a broker, of its own.
 */
public final class FulmarConnectionFactory
        implements XAQueueConnectionFactory, XATopicConnectionFactory, Referenceable, Serializable, AutoCloseable {
    private static final long serialVersionUID = 1L;
    private static final String CLIENT = "Fulmar JMS 0.1";

    private final String text;
    private final transient ConnectionUrl url;
    private transient @Nullable Connector connector;

    /** A factory for an embedded broker on a temporary directory. */
    public FulmarConnectionFactory() {
        this("fulmar:embedded");
    }

    /**
     * @throws org.fulmar.protocol.config.ConfigurationException if the URL is malformed or an option is unknown or bad
     */
    public FulmarConnectionFactory(String url) {
        this.text = url;
        this.url = ConnectionUrl.parse(url);
    }

    /** The URL as it was given, with the password if it has one. */
    public String getUrl() {
        return text;
    }

    private synchronized Connector connector() {
        Connector there = connector;
        if (there == null) {
            there = new Connector();
            connector = there;
        }
        return there;
    }

    private FulmarConnection open(@Nullable String user, @Nullable String password) throws JMSException {
        ClientOptions options = url.options();
        Connector via = connector();
        String instance = UUID.randomUUID().toString();
        FulmarConnection connection = new FulmarConnection(
                options,
                System::currentTimeMillis,
                () -> ThreadLocalRandom.current().nextDouble(),
                (clientId, listener) -> via.toBrokers(
                        brokers(via, options),
                        options.connectTimeoutMillis(),
                        options.requestTimeoutMillis(),
                        new Hello(JmsCode.VERSION, JmsCode.VERSION, CLIENT, clientId, instance, user, password),
                        listener));
        connection.open();
        return connection;
    }

    private List<? extends SocketAddress> brokers(Connector via, ClientOptions options) throws LinkException {
        return switch (url.kind()) {
            case BROKERS -> url.addresses();
            case NAME_SERVERS -> List.of(via.lookUp(url.addresses(), options.connectTimeoutMillis(), options.broker()));
            case EMBEDDED -> List.of(embedded(via));
        };
    }

    private SocketAddress embedded(Connector via) throws LinkException {
        try {
            return via.embedded(url.brokerOptions());
        } catch (IllegalArgumentException e) {
            throw new LinkException(
                    ResponseCode.SERVICE_NOT_AVAILABLE, "the embedded broker did not start: " + advice(e), e);
        }
    }

    /** What the broker says of its options; one that it does not know may be a misspelt one of the client. */
    private String advice(IllegalArgumentException refusal) {
        String said = String.valueOf(refusal.getMessage());
        for (Map.Entry<String, String> option : url.brokerOptions().entrySet()) {
            if (said.equals("unknown option " + option.getKey())) {
                try {
                    ClientOptions.of(Map.of(option.getKey(), option.getValue()));
                } catch (IllegalArgumentException e) {
                    return String.valueOf(e.getMessage());
                }
            }
        }
        return said;
    }

    @Override
    public Connection createConnection() throws JMSException {
        return open(url.options().user(), url.options().password());
    }

    @Override
    public Connection createConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return open(user, password);
    }

    @Override
    public QueueConnection createQueueConnection() throws JMSException {
        return createQueueConnection(url.options().user(), url.options().password());
    }

    @Override
    public QueueConnection createQueueConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return new FulmarQueueConnection(open(user, password));
    }

    @Override
    public TopicConnection createTopicConnection() throws JMSException {
        return createTopicConnection(url.options().user(), url.options().password());
    }

    @Override
    public TopicConnection createTopicConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return new FulmarTopicConnection(open(user, password));
    }

    @Override
    public XAConnection createXAConnection() throws JMSException {
        return createXAConnection(url.options().user(), url.options().password());
    }

    @Override
    public XAConnection createXAConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return new FulmarXaConnection(open(user, password));
    }

    @Override
    public XAQueueConnection createXAQueueConnection() throws JMSException {
        return createXAQueueConnection(url.options().user(), url.options().password());
    }

    @Override
    public XAQueueConnection createXAQueueConnection(@Nullable String user, @Nullable String password)
            throws JMSException {
        return new FulmarXaQueueConnection(open(user, password));
    }

    @Override
    public XATopicConnection createXATopicConnection() throws JMSException {
        return createXATopicConnection(url.options().user(), url.options().password());
    }

    @Override
    public XATopicConnection createXATopicConnection(@Nullable String user, @Nullable String password)
            throws JMSException {
        return new FulmarXaTopicConnection(open(user, password));
    }

    @Override
    public XAJMSContext createXAContext() {
        return createXAContext(url.options().user(), url.options().password());
    }

    @Override
    public XAJMSContext createXAContext(@Nullable String user, @Nullable String password) {
        try {
            return FulmarContext.firstXa(open(user, password));
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }

    @Override
    public JMSContext createContext() {
        return createContext(JMSContext.AUTO_ACKNOWLEDGE);
    }

    @Override
    public JMSContext createContext(int sessionMode) {
        return createContext(url.options().user(), url.options().password(), sessionMode);
    }

    @Override
    public JMSContext createContext(@Nullable String user, @Nullable String password) {
        return createContext(user, password, JMSContext.AUTO_ACKNOWLEDGE);
    }

    @Override
    public JMSContext createContext(@Nullable String user, @Nullable String password, int sessionMode) {
        try {
            return FulmarContext.first(open(user, password), sessionMode);
        } catch (JMSException e) {
            throw JmsErrors.runtime(e);
        }
    }

    /** What JNDI stores of it: the class and the URL, with the password if it has one. */
    @Override
    public Reference getReference() {
        return References.of(FulmarConnectionFactory.class, References.URL, text);
    }

    private Object writeReplace() {
        return new Stored(text);
    }

    private void readObject(ObjectInputStream in) throws InvalidObjectException {
        throw new InvalidObjectException("a FulmarConnectionFactory is serialised as its URL alone");
    }

    /** Its serial form. */
    private record Stored(@Nullable String url) implements Serializable {
        private static final long serialVersionUID = 1L;

        private Object readResolve() throws InvalidObjectException {
            if (url == null) {
                throw new InvalidObjectException("a FulmarConnectionFactory without a URL");
            }
            try {
                return new FulmarConnectionFactory(url);
            } catch (IllegalArgumentException e) {
                InvalidObjectException refusal =
                        new InvalidObjectException("the URL of a FulmarConnectionFactory: " + e.getMessage());
                refusal.initCause(e);
                throw refusal;
            }
        }
    }

    /** Closes what its connections share; they are lost, and its embedded broker stops. */
    @Override
    public synchronized void close() {
        Connector there = connector;
        connector = null;
        if (there != null) {
            there.close();
        }
    }
}
