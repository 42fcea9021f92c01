package org.fulmar.jndi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.Collections;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.naming.Binding;
import javax.naming.CompositeName;
import javax.naming.ConfigurationException;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.InvalidNameException;
import javax.naming.NameClassPair;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.NotContextException;
import javax.naming.OperationNotSupportedException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Contexts made from properties: what is bound in them, and what they refuse. Connects to nothing. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class InitialContextTest {
    private static final String URL = "fulmar://127.0.0.1:1";

    private static Hashtable<String, Object> environment(Object... keysAndValues) {
        Hashtable<String, Object> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, FulmarInitialContextFactory.class.getName());
        for (int i = 0; i < keysAndValues.length; i += 2) {
            environment.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return environment;
    }

    private static Context context(Object... keysAndValues) throws NamingException {
        return new FulmarInitialContextFactory().getInitialContext(environment(keysAndValues));
    }

    private static Context filled() throws NamingException {
        return context(
                "connectionFactory.cf", URL,
                "connectionFactory.jms/cf", URL,
                "queue.jms/orders", "the orders",
                "queue.jms/eu/orders", "orders/eu",
                "topic.prices", "prices");
    }

    private static Map<String, String> listed(Context context, String name) throws NamingException {
        Map<String, String> listed = new TreeMap<>();
        for (NameClassPair pair : Collections.list(context.list(name))) {
            listed.put(pair.getName(), pair.getClassName());
        }
        return listed;
    }

    private static String url(Object factory) {
        return ((FulmarConnectionFactory) factory).getUrl();
    }

    @Test
    void initialContextFindsWhatThePropertiesName() throws NamingException {
        InitialContext context = new InitialContext(
                environment("connectionFactory.cf", URL, "queue.jms/orders", "the orders", "topic.prices", "prices"));
        assertThat(url(context.lookup("cf"))).isEqualTo(URL);
        assertThat(context.lookup("jms/orders")).isEqualTo(new FulmarQueue("the orders"));
        assertThat(context.lookup("prices")).isEqualTo(new FulmarTopic("prices"));
        assertThat(context.lookup("dynamicTopics/x")).isEqualTo(new FulmarTopic("x"));
        context.close();
    }

    @Test
    void namesLeadThroughSubcontexts() throws NamingException {
        Context root = filled();
        Context jms = (Context) root.lookup("jms");
        Context eu = (Context) jms.lookup("eu");
        assertThat(eu.lookup("orders")).isEqualTo(new FulmarQueue("orders/eu"));
        assertThat(jms.lookup("eu/orders")).isEqualTo(new FulmarQueue("orders/eu"));
        assertThat(root.lookup(new CompositeName("jms/eu/orders"))).isEqualTo(new FulmarQueue("orders/eu"));
        assertThat(root.lookupLink("jms/orders")).isEqualTo(new FulmarQueue("the orders"));
        assertThat(eu.getNameInNamespace()).isEqualTo("jms/eu");
        assertThat(jms.composeName("orders", "eu")).isEqualTo("eu/orders");
        assertThat(root.getNameParser("jms").parse("a/b").size()).isEqualTo(2);
        assertThat(((Context) root.lookup("")).lookup("prices")).isEqualTo(new FulmarTopic("prices"));
    }

    @Test
    void oneNameIsOneObject() throws NamingException {
        Context context = filled();
        assertThat(context.lookup("cf")).isSameAs(context.lookup("cf")).isNotSameAs(context.lookup("jms/cf"));
    }

    @Test
    void listsAreSortedAndNameTheClasses() throws NamingException {
        Context context = filled();
        String of = Context.class.getName();
        assertThat(listed(context, ""))
                .isEqualTo(Map.of(
                        "cf", FulmarConnectionFactory.class.getName(),
                        "dynamicQueues", of,
                        "dynamicTopics", of,
                        "jms", of,
                        "prices", FulmarTopic.class.getName()));
        assertThat(Collections.list(context.list("jms")))
                .extracting(NameClassPair::getName)
                .containsExactly("cf", "eu", "orders");
        assertThat(listed(context, "dynamicQueues")).isEmpty();
        assertThat(listed((Context) context.lookup("jms"), "eu"))
                .isEqualTo(Map.of("orders", FulmarQueue.class.getName()));
    }

    @Test
    void bindingsHoldTheObjects() throws NamingException {
        Context context = filled();
        Map<String, Object> bound = new LinkedHashMap<>();
        for (Binding binding : Collections.list(context.listBindings("jms"))) {
            bound.put(binding.getName(), binding.getObject());
        }
        assertThat(bound.get("cf")).isSameAs(context.lookup("jms/cf"));
        assertThat(bound.get("orders")).isEqualTo(new FulmarQueue("the orders"));
        assertThat(((Context) bound.get("eu")).lookup("orders")).isEqualTo(new FulmarQueue("orders/eu"));
        assertThat(bound).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"orders", "a/b", "ldap://127.0.0.1/x", "with space", "a:b", "a//b"})
    void dynamicNamesAreThoseOfAnyQueueOrTopic(String name) throws NamingException {
        Context context = context();
        assertThat(context.lookup("dynamicQueues/" + name)).isEqualTo(new FulmarQueue(name));
        assertThat(context.lookup("dynamicTopics/" + name)).isEqualTo(new FulmarTopic(name));
        assertThat(((Context) context.lookup("dynamicQueues")).lookup(name)).isEqualTo(new FulmarQueue(name));
    }

    @Test
    void dynamicNameThatNoQueueCanHaveIsRefused() throws NamingException {
        Context context = context();
        assertThatThrownBy(() -> context.lookup("dynamicQueues/" + "x".repeat(1_025)))
                .isInstanceOf(InvalidNameException.class)
                .hasMessageContaining("1024");
        assertThatThrownBy(() -> context.lookup("dynamicTopics/")).isInstanceOf(InvalidNameException.class);
    }

    @Test
    void unknownNameIsToldWithTheKeysThatWouldBindIt() throws NamingException {
        Context context = filled();
        assertThatThrownBy(() -> context.lookup("jms/none"))
                .isInstanceOf(NameNotFoundException.class)
                .hasMessageContainingAll("queue.jms/none", "connectionFactory.jms/none", "dynamicQueues/");
        assertThatThrownBy(() -> context.lookup("ConnectionFactory")).isInstanceOf(NameNotFoundException.class);
        assertThatThrownBy(() -> context.lookup("jms/orders/below")).isInstanceOf(NameNotFoundException.class);
        assertThatThrownBy(() -> context.list("none")).isInstanceOf(NameNotFoundException.class);
        assertThatThrownBy(() -> context.list("jms/orders")).isInstanceOf(NotContextException.class);
        assertThatThrownBy(() -> context.listBindings("cf")).isInstanceOf(NotContextException.class);
        assertThatThrownBy(() -> context.lookup((String) null)).isInstanceOf(NamingException.class);
    }

    @Test
    void providerUrlIsTheConnectionFactoryUnlessOneIsGiven() throws NamingException {
        assertThat(url(context(Context.PROVIDER_URL, URL).lookup("ConnectionFactory")))
                .isEqualTo(URL);
        Context both = context(Context.PROVIDER_URL, "fulmar:embedded", "connectionFactory.ConnectionFactory", URL);
        assertThat(url(both.lookup("ConnectionFactory"))).isEqualTo(URL);
    }

    @Test
    void principalIsTheUserOfUrlsThatHaveNone() throws NamingException {
        Context context = context(
                Context.SECURITY_PRINCIPAL,
                "anna & co",
                Context.SECURITY_CREDENTIALS,
                "p&ss=w%rd+ ü".toCharArray(),
                "connectionFactory.without",
                URL,
                "connectionFactory.option",
                URL + "?prefetch=1",
                "connectionFactory.own",
                URL + "?user=bob");
        String login = "user=anna+%26+co&password=p%26ss%3Dw%25rd%2B+%C3%BC";
        assertThat(url(context.lookup("without"))).isEqualTo(URL + "?" + login);
        assertThat(url(context.lookup("option"))).isEqualTo(URL + "?prefetch=1&" + login);
        assertThat(url(context.lookup("own"))).isEqualTo(URL + "?user=bob");
    }

    @ParameterizedTest
    @CsvSource({
        "connectionFactory.cf, tcp://localhost:61616, begins with",
        "connectionFactory.cf, fulmar://localhost?prefetsh=1, did you mean prefetch?",
        "connectionFactory.cf, fulmar://localhost:99999, port",
        "connectionFactory.cf, fulmar://localhost?user=%zz, user",
        "java.naming.provider.url, ldap://localhost, begins with",
        "connectionFactory., fulmar://localhost, no name",
        "queue., orders, no name",
        "queue./orders, orders, empty",
        "queue.jms//orders, orders, empty",
        "topic.jms/, orders, empty",
        "topic.\"a, orders, name",
        "queue.jms/orders, '', needs a name",
        "topic.prices, ' prices', white space",
        "queue.orders, 'orders ', white space",
        "queue.dynamicQueues, orders, by themselves",
        "topic.dynamicQueues/orders, orders, by themselves",
        "java.naming.security.principal, ' anna', white space",
        "java.naming.security.credentials, secret, java.naming.security.principal",
    })
    void badValueFailsWhenTheContextIsMadeAndItsKeyIsNamed(String key, String value, String reason) {
        assertThatThrownBy(() -> context(key, value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(key)
                .hasMessageContaining(reason);
        assertThatThrownBy(() -> new InitialContext(environment(key, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(key);
    }

    @Test
    void valuesThatAreNoTextsAreRefused() {
        assertThatThrownBy(() -> context("queue.orders", 5))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("queue.orders", "java.lang.Integer");
        assertThatThrownBy(() -> context(Context.SECURITY_CREDENTIALS, new byte[1]))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(Context.SECURITY_CREDENTIALS);
    }

    @Test
    void nameThatIsGivenTwiceIsRefused() {
        assertThatThrownBy(() -> context("queue.x", "a", "topic.x", "b"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("topic.x");
        assertThatThrownBy(() -> context("queue.x", "a", "queue.x/y", "b"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("queue.x/y");
        assertThatThrownBy(() -> context("queue.x/y/z", "a", "topic.x", "b"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("topic.x");
    }

    @Test
    void refusalsDoNotTellPasswords() {
        for (String url : new String[] {
            "fulmar://?password=secret",
            "fulmar://h:x?password=secret",
            "fulmar:emb?password=secret",
            "fulmar://h?password=%secret"
        }) {
            assertThatThrownBy(() -> context("connectionFactory.cf", url))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void keysOfOthersAreLeftAlone() {
        assertThatCode(() -> context("my.queue", "", "queues.x", 5, "connectionfactory.y", "tcp://x"))
                .doesNotThrowAnyException();
    }

    @Test
    void namesOfOtherServicesAreRefusedAndNeverGoOut() throws Exception {
        try (ServerSocketChannel other = ServerSocketChannel.open()) {
            other.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            other.configureBlocking(false);
            String place = "127.0.0.1:" + other.socket().getLocalPort();
            Context root = filled();
            Context below = (Context) root.lookup("jms");
            for (String scheme :
                    new String[] {"ldap", "LDAP", "ldaps", "rmi", "dns", "iiop", "corbaname", "http", "java"}) {
                for (String name : new String[] {scheme + "://" + place + "/x", scheme + ":" + place}) {
                    assertThatThrownBy(() -> root.lookup(name))
                            .isInstanceOf(OperationNotSupportedException.class)
                            .hasMessageContainingAll(scheme + ":", "another naming service");
                    assertThatThrownBy(() -> root.lookup(new CompositeName(name)))
                            .isInstanceOf(OperationNotSupportedException.class);
                    assertThatThrownBy(() -> root.lookupLink(name)).isInstanceOf(OperationNotSupportedException.class);
                    assertThatThrownBy(() -> root.list(name)).isInstanceOf(OperationNotSupportedException.class);
                    assertThatThrownBy(() -> root.listBindings(name))
                            .isInstanceOf(OperationNotSupportedException.class);
                    assertThatThrownBy(() -> below.lookup(name)).isInstanceOf(NamingException.class);
                }
            }
            assertThat(other.accept()).isNull();
        }
    }

    @Test
    void nameWithAColonMayBeGiven() throws NamingException {
        Context context = context("queue.java:comp/env/jms/orders", "orders");
        assertThat(context.lookup("java:comp/env/jms/orders")).isEqualTo(new FulmarQueue("orders"));
        assertThat(new InitialContext(environment("queue.java:comp/env/q", "q")).lookup("java:comp/env/q"))
                .isEqualTo(new FulmarQueue("q"));
    }

    @Test
    void everythingThatWouldChangeItIsRefused() throws NamingException {
        Context context = filled();
        CompositeName name = new CompositeName("jms/orders");
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("bind", () -> context.bind("x", "y"));
        calls.put("bind name", () -> context.bind(name, "y"));
        calls.put("rebind", () -> context.rebind("jms/orders", "y"));
        calls.put("rebind name", () -> context.rebind(name, "y"));
        calls.put("unbind", () -> context.unbind("jms/orders"));
        calls.put("unbind name", () -> context.unbind(name));
        calls.put("rename", () -> context.rename("jms/orders", "y"));
        calls.put("rename name", () -> context.rename(name, new CompositeName("y")));
        calls.put("createSubcontext", () -> context.createSubcontext("x"));
        calls.put("createSubcontext name", () -> context.createSubcontext(name));
        calls.put("destroySubcontext", () -> context.destroySubcontext("jms"));
        calls.put("destroySubcontext name", () -> context.destroySubcontext(name));
        calls.put("addToEnvironment", () -> context.addToEnvironment("queue.x", "y"));
        calls.put("removeFromEnvironment", () -> context.removeFromEnvironment("queue.jms/orders"));
        calls.forEach((what, call) -> assertThatThrownBy(call)
                .as(what)
                .isInstanceOf(OperationNotSupportedException.class)
                .hasMessageContaining("read-only"));
        assertThat(context.lookup("jms/orders")).isEqualTo(new FulmarQueue("the orders"));
    }

    @Test
    void environmentIsACopyOnBothWays() throws NamingException {
        Hashtable<String, Object> given = environment("queue.x", "x");
        Context context = new FulmarInitialContextFactory().getInitialContext(given);
        given.put("queue.y", "y");
        context.getEnvironment().clear();
        assertThat(context.getEnvironment()).hasSize(2);
        assertThatThrownBy(() -> context.lookup("y")).isInstanceOf(NameNotFoundException.class);
    }

    @Test
    void closedContextRefusesAndLeavesTheOthersOpen() throws NamingException {
        Context context = filled();
        Context below = (Context) context.lookup("jms");
        context.close();
        context.close();
        assertThatThrownBy(() -> context.lookup("cf"))
                .isInstanceOf(NamingException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> context.list("")).isInstanceOf(NamingException.class);
        assertThat(below.lookup("orders")).isEqualTo(new FulmarQueue("the orders"));
    }

    @Test
    void contextWithoutAnEnvironmentHasTheDynamicNames() throws NamingException {
        Context context = new FulmarInitialContextFactory().getInitialContext(null);
        assertThat(listed(context, "")).containsOnlyKeys("dynamicQueues", "dynamicTopics");
    }
}
