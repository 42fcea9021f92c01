package org.fulmar.nameserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.fulmar.protocol.config.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NameServerConfigTest {
    @Test
    void theDefaultsListenOnLoopbackOnly() {
        NameServerConfig config = NameServerConfig.defaults();
        assertThat(config.bindAddress()).isEqualTo("127.0.0.1");
        assertThat(config.listenPort()).isEqualTo(9876);
        assertThat(config.scanNotActiveBrokerInterval()).isEqualTo(10_000);
        assertThat(config.brokerExpiryMillis()).isEqualTo(120_000);
        assertThat(config.kvConfigDirectory()).isNull();
    }

    @Test
    void aPropertiesFileSetsOptions(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("ns.properties");
        Files.writeString(file, "# comment\nlistenPort = 1234 \nkvConfigDirectory=kept/kv\norderMessageEnable=true\n");
        NameServerConfig config = NameServerConfig.load(file);
        assertThat(config.listenPort()).isEqualTo(1234);
        assertThat(config.kvConfigDirectory()).isEqualTo(Path.of("kept/kv"));
        assertThat(config.orderMessageEnable()).isTrue();
        assertThat(config.withListenPort(0).kvConfigDirectory()).isEqualTo(Path.of("kept/kv"));
    }

    @ParameterizedTest
    @CsvSource({
        "listenport, did you mean listenPort?",
        "lisenPort, did you mean listenPort?",
        "brokerExpiryMilis, did you mean brokerExpiryMillis?",
        "zzz, --help-config"
    })
    void anUnknownOptionIsNamedWithItsNearestMatch(String key, String hint) {
        assertThatThrownBy(() -> NameServerConfig.of(Map.of(key, "1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(key)
                .hasMessageContaining(hint);
    }

    @ParameterizedTest
    @CsvSource({
        "listenPort, 65536, 0 to 65535",
        "listenPort, -1, 0 to 65535",
        "listenPort, http, 0 to 65535",
        "serverWorkerThreads, 0, 1 to 256",
        "brokerExpiryMillis, 99999999999999999999, 100 to 86400000",
        "orderMessageEnable, yes, true or false",
        "bindAddress, ' ', host name"
    })
    void aBadValueIsNamedWithWhatIsValid(String key, String value, String range) {
        assertThatThrownBy(() -> NameServerConfig.of(Map.of(key, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(key)
                .hasMessageContaining(range);
    }

    @Test
    void aBadFileIsNamed(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("ns.properties");
        Files.writeString(file, "listenPort=\\u00zz");
        assertThatThrownBy(() -> NameServerConfig.load(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ns.properties");
        Files.writeString(file, "port=1");
        assertThatThrownBy(() -> NameServerConfig.load(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ns.properties");
    }

    @ParameterizedTest
    @EnumSource(NameServerOption.class)
    void everyOptionIsInTheHelpAndItsDefaultIsValid(NameServerOption option) {
        assertThat(NameServerOption.help()).contains(option.key());
        assertThat(NameServerConfig.of(Map.of(option.key(), option.defaultValue())))
                .isEqualTo(NameServerConfig.defaults());
    }
}
