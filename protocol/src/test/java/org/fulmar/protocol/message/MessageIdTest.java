package org.fulmar.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageIdTest {
    @Test
    void theTextIsThatOfRocketMq() throws Exception {
        byte[] host = MessageId.hostBytes(new InetSocketAddress(InetAddress.getByName("192.168.0.1"), 10911));
        MessageId id = new MessageId(host, 0x0123456789ABCDEFL);
        assertThat(id.text()).isEqualTo("C0A8000100002A9F0123456789ABCDEF").isEqualTo(id.toString());
        assertThat(MessageId.parse(id.text())).isEqualTo(id).hasSameHashCodeAs(id);
        assertThat(MessageId.parse("c0a8000100002a9f0123456789abcdef")).isEqualTo(id);
    }

    @Test
    void everyIdIsReadBack() throws Exception {
        Random random = new Random(8);
        for (int i = 0; i < 1000; i++) {
            byte[] ip = new byte[i % 2 == 0 ? 4 : 16];
            random.nextBytes(ip);
            ip[0] = 0x20;
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByAddress(ip), random.nextInt(65_536));
            MessageId id = new MessageId(MessageId.hostBytes(address), random.nextLong());
            MessageId parsed = MessageId.parse(id.text());
            assertThat(parsed).isEqualTo(id);
            assertThat(parsed.physicalOffset()).isEqualTo(id.physicalOffset());
            assertThat(MessageId.address(parsed.host())).isEqualTo(address);
        }
    }

    @Test
    void anUnresolvedAddressHasNoBytesButItsPort() {
        byte[] host = MessageId.hostBytes(InetSocketAddress.createUnresolved("nowhere", 10911));
        assertThat(host).containsExactly(0, 0, 0, 0, 0, 0, 0x2A, 0x9F);
    }

    @Test
    void idsOfAnotherPlaceAreDifferent() {
        MessageId id = new MessageId(new byte[8], 1);
        assertThat(id).isNotEqualTo(new MessageId(new byte[8], 2)).isNotEqualTo(new MessageId(new byte[20], 1));
        assertThat(id.equals(null)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "C0",
                "C0A8000100002A9F0123456789ABCDE",
                "C0A8000100002A9F0123456789ABCDEX",
                "C0A8000100002A9F0123456789ABCDEF00",
                "７0A8000100002A9F0123456789ABCDEF"
            })
    void whatIsNoIdIsRefused(String text) {
        assertThatThrownBy(() -> MessageId.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 7, 9, 19, 21})
    void bytesThatAreNoAddressAreRefused(int length) {
        assertThatThrownBy(() -> MessageId.address(new byte[length])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPortThatDoesNotExistIsRefused() {
        byte[] host = {1, 2, 3, 4, 0, 1, 0, 0};
        assertThatThrownBy(() -> MessageId.address(host)).isInstanceOf(IllegalArgumentException.class);
    }
}
