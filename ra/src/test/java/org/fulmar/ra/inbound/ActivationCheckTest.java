package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import jakarta.jms.Message;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.InvalidPropertyException;
import java.beans.PropertyDescriptor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.fulmar.ra.FulmarResourceAdapter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with an activation is told before anything happens, by the names of the properties. */
@Timeout(120)
class ActivationCheckTest {
    @TempDir
    Path directory;

    private static Arguments bad(String property, Consumer<FulmarActivationSpec> change) {
        return Arguments.of(property, change);
    }

    static Stream<Arguments> badProperties() {
        return Stream.of(
                bad("destination", spec -> spec.setDestination(null)),
                bad("destination", spec -> spec.setDestination("  ")),
                bad("destinationType", spec -> spec.setDestinationType("javax.jms.Queue")),
                bad("destinationType", spec -> {
                    spec.setSubscriptionDurability("Durable");
                    spec.setSubscriptionName("s");
                    spec.setClientId("c");
                }),
                bad("acknowledgeMode", spec -> spec.setAcknowledgeMode("Client-acknowledge")),
                bad("subscriptionDurability", spec -> spec.setSubscriptionDurability("durable")),
                bad("subscriptionName", spec -> {
                    spec.setDestinationType("jakarta.jms.Topic");
                    spec.setShareSubscriptions(true);
                }),
                bad("clientId", spec -> {
                    spec.setDestinationType("jakarta.jms.Topic");
                    spec.setSubscriptionDurability("Durable");
                    spec.setSubscriptionName("s");
                }),
                bad("noLocal", spec -> {
                    spec.setDestinationType("jakarta.jms.Topic");
                    spec.setShareSubscriptions(true);
                    spec.setSubscriptionName("s");
                    spec.setNoLocal(true);
                }),
                bad("maxSessions", spec -> spec.setMaxSessions(0)),
                bad("maxSessions", spec -> spec.setMaxSessions(1001)),
                bad("prefetch", spec -> spec.setPrefetch(0)),
                bad("maxSequentialDeliveryFailures", spec -> spec.setMaxSequentialDeliveryFailures(-1)),
                bad("pause", spec -> spec.setPause(-1L)),
                bad("maxPause", spec -> spec.setMaxPause(0L)),
                bad("reconnectDelay", spec -> spec.setReconnectDelay(0L)),
                bad("reconnectMaxDelay", spec -> spec.setReconnectMaxDelay(600_001L)),
                bad("idleTimeout", spec -> spec.setIdleTimeout(999L)),
                bad("drainTimeout", spec -> spec.setDrainTimeout(-1L)),
                bad("url", spec -> spec.setUrl("http://127.0.0.1")),
                bad("url", spec -> spec.setUrl("fulmar://127.0.0.1?prefetsch=1")));
    }

    private static FulmarActivationSpec good() {
        FulmarActivationSpec spec = new FulmarActivationSpec();
        spec.setDestination("orders");
        return spec;
    }

    @ParameterizedTest
    @MethodSource("badProperties")
    void aBadPropertyIsNamed(String property, Consumer<FulmarActivationSpec> change) {
        FulmarActivationSpec spec = good();
        change.accept(spec);
        assertThatThrownBy(spec::validate)
                .hasMessageContaining(property)
                .asInstanceOf(type(InvalidPropertyException.class))
                .satisfies(refusal -> assertThat(Arrays.stream(refusal.getInvalidPropertyDescriptors())
                                .map(PropertyDescriptor::getName))
                        .contains(property));
    }

    @ParameterizedTest
    @MethodSource("badProperties")
    void activationRefusesWhatNoServerHasValidated(String property, Consumer<FulmarActivationSpec> change)
            throws Exception {
        FulmarActivationSpec spec = good();
        change.accept(spec);
        try (InboundContainer container = new InboundContainer(directory)) {
            FulmarResourceAdapter adapter = new FulmarResourceAdapter();
            adapter.setUrl("fulmar://127.0.0.1:1");
            adapter.start(container);
            assertThatThrownBy(() -> adapter.endpointActivation(application(container), spec))
                    .isInstanceOf(ResourceException.class)
                    .hasMessageContaining(property);
            adapter.stop();
        }
    }

    private static InboundContainer.Application application(InboundContainer container) {
        return container.new Application(true, (Message message) -> {});
    }

    @Test
    void allThatIsWrongIsToldAtOnceAndNoPassword() {
        FulmarActivationSpec spec = good();
        spec.setMaxSessions(0);
        spec.setPause(-1L);
        spec.setPassword("secret");
        spec.setUrl("fulmar://127.0.0.1?password=secret&bad=1");
        assertThatThrownBy(spec::validate)
                .hasMessageContaining("maxSessions")
                .hasMessageContaining("pause")
                .hasMessageContaining("url")
                .hasMessageNotContaining("secret");
        spec.setUrl("fulmar://127.0.0.1?password=half&secret");
        assertThatThrownBy(spec::validate).hasMessageContaining("url").hasMessageNotContaining("secret");
    }

    @Test
    void noBrokerIsGuessed() throws Exception {
        try (InboundContainer container = new InboundContainer(directory)) {
            FulmarResourceAdapter adapter = new FulmarResourceAdapter();
            adapter.start(container);
            assertThatThrownBy(() -> adapter.endpointActivation(application(container), good()))
                    .isInstanceOf(ResourceException.class)
                    .hasMessageContaining("url");
            adapter.stop();
        }
    }

    @Test
    void aNameThatLeadsNowhereIsTold() throws Exception {
        try (InboundContainer container = new InboundContainer(directory)) {
            FulmarResourceAdapter adapter = new FulmarResourceAdapter();
            adapter.setUrl("fulmar://127.0.0.1:1");
            adapter.start(container);
            FulmarActivationSpec byLookup = good();
            byLookup.setDestinationLookup("java:/jms/none");
            assertThatThrownBy(() -> adapter.endpointActivation(application(container), byLookup))
                    .isInstanceOf(ResourceException.class)
                    .hasMessageContaining("destinationLookup java:/jms/none");
            FulmarActivationSpec byFactory = good();
            byFactory.setConnectionFactoryLookup("ldap://127.0.0.1/x");
            assertThatThrownBy(() -> adapter.endpointActivation(application(container), byFactory))
                    .isInstanceOf(ResourceException.class)
                    .hasMessageContaining("connectionFactoryLookup ldap://127.0.0.1/x");
            adapter.stop();
        }
    }
}
