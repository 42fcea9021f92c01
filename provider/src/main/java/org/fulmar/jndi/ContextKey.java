package org.fulmar.jndi;

import javax.naming.Context;

/** The properties that a context is made from. */
enum ContextKey {
    CONNECTION_FACTORY(
            "connectionFactory.", "NAME", "connection URL", "a connection factory under NAME, which may have slashes"),
    QUEUE("queue.", "NAME", "queue name", "a queue under NAME"),
    TOPIC("topic.", "NAME", "topic name", "a topic under NAME"),
    PROVIDER_URL(
            Context.PROVIDER_URL,
            "",
            "connection URL",
            "the connection factory `ConnectionFactory`, unless `connectionFactory.ConnectionFactory` is given"),
    PRINCIPAL(Context.SECURITY_PRINCIPAL, "", "user", "the user of connection factories whose URL has none"),
    CREDENTIALS(
            Context.SECURITY_CREDENTIALS,
            "",
            "password",
            "the password of that user; String or char[] in an environment");

    private final String key;
    private final String variable;
    private final String value;
    private final String doc;

    ContextKey(String key, String variable, String value, String doc) {
        this.key = key;
        this.variable = variable;
        this.value = value;
        this.doc = doc;
    }

    /** What comes before the name, or the whole key. */
    String key() {
        return key;
    }

    /** The key as it is written, for people. */
    String pattern() {
        return key + variable;
    }

    /** What the value is, for people. */
    String value() {
        return value;
    }

    String doc() {
        return doc;
    }
}
