package org.fulmar.jndi;

import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.naming.CompositeName;
import javax.naming.ConfigurationException;
import javax.naming.Context;
import javax.naming.InvalidNameException;
import javax.naming.Name;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTopic;
import org.jspecify.annotations.Nullable;

/**
 * What is bound: objects under full names, whose parts are joined by slashes. Immutable, shared by a context and its
 * subcontexts; a name is either an object's or a context's.
 */
final class Bindings {
    static final String QUEUES = "dynamicQueues";
    static final String TOPICS = "dynamicTopics";

    private static final String DEFAULT_FACTORY = "ConnectionFactory";

    private final NavigableMap<String, Object> objects = new TreeMap<>();

    private Bindings() {}

    /**
     * @throws ConfigurationException if a value can't be used; the message names its key
     */
    static Bindings of(Map<?, ?> environment) throws ConfigurationException {
        Bindings made = new Bindings();
        Login login = Login.of(environment);
        SortedMap<String, Object> sorted = new TreeMap<>();
        environment.forEach((key, value) -> {
            if (key instanceof String text) {
                sorted.put(text, value);
            }
        });
        for (Map.Entry<String, Object> entry : sorted.entrySet()) {
            made.bind(entry.getKey(), entry.getValue(), login);
        }
        Object url = sorted.get(ContextKey.PROVIDER_URL.key());
        if (url != null) {
            FulmarConnectionFactory factory = factory(ContextKey.PROVIDER_URL.key(), url, login);
            if (!made.objects.containsKey(DEFAULT_FACTORY)) {
                made.put(ContextKey.PROVIDER_URL.key(), DEFAULT_FACTORY, factory);
            }
        }
        return made;
    }

    private void bind(String key, Object value, Login login) throws ConfigurationException {
        if (key.startsWith(ContextKey.CONNECTION_FACTORY.key())) {
            put(key, name(key, ContextKey.CONNECTION_FACTORY), factory(key, value, login));
        } else if (key.startsWith(ContextKey.QUEUE.key())) {
            put(key, name(key, ContextKey.QUEUE), destination(key, value, FulmarDestination.Kind.QUEUE));
        } else if (key.startsWith(ContextKey.TOPIC.key())) {
            put(key, name(key, ContextKey.TOPIC), destination(key, value, FulmarDestination.Kind.TOPIC));
        }
    }

    private void put(String key, String name, Object object) throws ConfigurationException {
        if (objects.putIfAbsent(name, object) != null) {
            throw new ConfigurationException(key + ": the name " + name + " is given to another object as well");
        }
        if (hasSubcontext(name)) {
            throw new ConfigurationException(key + ": other names are below " + name + ", so it can't be an object's");
        }
        for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            if (objects.containsKey(name.substring(0, slash))) {
                throw new ConfigurationException(
                        key + ": " + name.substring(0, slash) + " is an object, so no names can be below it");
            }
        }
    }

    private static String name(String key, ContextKey prefix) throws ConfigurationException {
        Name name;
        try {
            name = new CompositeName(key.substring(prefix.key().length()));
        } catch (InvalidNameException e) {
            throw because(key + ": no name follows the point: " + e.getMessage(), e);
        }
        for (int i = 0; i < name.size(); i++) {
            if (name.get(i).isEmpty()) {
                throw new ConfigurationException(key + ": a part of the name is empty");
            }
        }
        if (name.isEmpty()) {
            throw new ConfigurationException(key + ": no name follows the point");
        }
        if (isDynamic(name.get(0))) {
            throw new ConfigurationException(
                    key + ": names below " + name.get(0) + " are there by themselves and can't be given");
        }
        return join(name);
    }

    private static FulmarConnectionFactory factory(String key, Object value, Login login)
            throws ConfigurationException {
        String url = text(key, value).strip();
        try {
            return new FulmarConnectionFactory(login.in(url));
        } catch (IllegalArgumentException e) {
            throw because(key + ": " + e.getMessage(), e);
        }
    }

    private static FulmarDestination destination(String key, Object value, FulmarDestination.Kind kind)
            throws ConfigurationException {
        String name = text(key, value);
        if (!name.equals(name.strip())) {
            throw new ConfigurationException(key + ": the name begins or ends with white space");
        }
        try {
            return kind.isQueue() ? new FulmarQueue(name) : new FulmarTopic(name);
        } catch (IllegalArgumentException e) {
            throw because(key + ": " + e.getMessage(), e);
        }
    }

    private static String text(String key, Object value) throws ConfigurationException {
        if (value instanceof String text) {
            return text;
        }
        throw new ConfigurationException(
                key + " must be a String, not " + value.getClass().getName());
    }

    private static ConfigurationException because(String message, Exception cause) {
        ConfigurationException exception = new ConfigurationException(message);
        exception.setRootCause(cause);
        return exception;
    }

    private static boolean isDynamic(String first) {
        return first.equals(QUEUES) || first.equals(TOPICS);
    }

    /** The parts of a name with slashes between them. */
    static String join(Name name) {
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < name.size(); i++) {
            joined.append(i == 0 ? "" : "/").append(name.get(i));
        }
        return joined.toString();
    }

    /**
     * The object of a full name, made now if it is a dynamic one; null if there is none.
     *
     * @throws InvalidNameException if a queue or topic can't have the name
     */
    @Nullable Object find(String name) throws InvalidNameException {
        Object bound = objects.get(name);
        if (bound != null) {
            return bound;
        }
        try {
            if (name.startsWith(QUEUES + "/")) {
                return new FulmarQueue(name.substring(QUEUES.length() + 1));
            }
            if (name.startsWith(TOPICS + "/")) {
                return new FulmarTopic(name.substring(TOPICS.length() + 1));
            }
        } catch (IllegalArgumentException e) {
            InvalidNameException refusal = new InvalidNameException(e.getMessage());
            refusal.setRootCause(e);
            throw refusal;
        }
        return null;
    }

    /** Whether a full name is a context's. */
    boolean hasSubcontext(String name) {
        String next = objects.higherKey(name + "/");
        return name.isEmpty() || isDynamic(name) || next != null && next.startsWith(name + "/");
    }

    /** What is right below a context: names, and their objects' classes; {@link Context} for contexts. Sorted. */
    SortedMap<String, Class<?>> below(String context) {
        SortedMap<String, Class<?>> found = new TreeMap<>();
        String prefix = context.isEmpty() ? "" : context + "/";
        for (Map.Entry<String, Object> entry : objects.tailMap(prefix).entrySet()) {
            if (!entry.getKey().startsWith(prefix)) {
                break;
            }
            String rest = entry.getKey().substring(prefix.length());
            int slash = rest.indexOf('/');
            if (slash < 0) {
                found.put(rest, entry.getValue().getClass());
            } else {
                found.put(rest.substring(0, slash), Context.class);
            }
        }
        if (context.isEmpty()) {
            found.put(QUEUES, Context.class);
            found.put(TOPICS, Context.class);
        }
        return found;
    }
}
