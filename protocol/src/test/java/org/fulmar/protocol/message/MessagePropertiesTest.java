package org.fulmar.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessagePropertiesTest {
    private static @Nullable String find(String block, String name) {
        byte[] bytes = block.getBytes(StandardCharsets.UTF_8);
        // exactly as large as the block: a read outside throws
        return MessageProperties.find(ByteBuffer.wrap(bytes), 0, bytes.length, MessageProperties.name(name));
    }

    @Test
    void whatIsFormattedIsParsedInItsOrder() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("z", "last letter first");
        properties.put("KEYS", "a b c");
        properties.put("größe", "日本\uD83D\uDE00");
        String text = MessageProperties.format(properties);
        assertThat(text)
                .isEqualTo("z\u0001last letter first\u0002KEYS\u0001a b c\u0002größe\u0001日本\uD83D\uDE00\u0002");
        assertThat(MessageProperties.parse(text)).containsExactlyEntriesOf(properties);
        assertThat(MessageProperties.parse(text.getBytes(StandardCharsets.UTF_8)))
                .containsExactlyEntriesOf(properties);
        properties.forEach((name, value) -> assertThat(find(text, name)).isEqualTo(value));
    }

    @Test
    void theLastSeparatorMayBeMissing() {
        String text = "a\u00011\u0002b\u00012";
        assertThat(MessageProperties.parse(text)).containsExactly(Map.entry("a", "1"), Map.entry("b", "2"));
        assertThat(find(text, "a")).isEqualTo("1");
        assertThat(find(text, "b")).isEqualTo("2");
    }

    @Test
    void emptyNamesAndValuesAreNotWritten() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("", "no name");
        properties.put("no value", "");
        properties.put("a", "1");
        assertThat(MessageProperties.format(properties)).isEqualTo("a\u00011\u0002");
    }

    @Test
    void emptyNamesAndValuesAreNotRead() {
        String text = "\u0001no name\u0002no value\u0001\u0002no separator\u0002a\u00011\u0002\u0002";
        assertThat(MessageProperties.parse(text)).containsExactly(Map.entry("a", "1"));
        assertThat(find(text, "no value")).isNull();
        assertThat(find(text, "no separator")).isNull();
        assertThat(find(text, "a")).isEqualTo("1");
    }

    @Test
    void aNameIsFoundOnlyAsAWhole() {
        String text = "KEYSX\u0001x\u0002XKEYS\u0001y\u0002A\u0001KEYS\u0002KEY\u0001z\u0002KEYS\u0001right\u0002";
        assertThat(find(text, "KEYS")).isEqualTo("right");
        assertThat(find(text, "KEY")).isEqualTo("z");
        assertThat(find(text, "EYS")).isNull();
    }

    @Test
    void nothingIsFoundOutsideTheBlock() {
        byte[] bytes = "a\u00011\u0002b\u00012\u0002c\u00013\u0002".getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        assertThat(MessageProperties.find(buffer, 4, 4, MessageProperties.name("a")))
                .isNull();
        assertThat(MessageProperties.find(buffer, 4, 4, MessageProperties.name("b")))
                .isEqualTo("2");
        assertThat(MessageProperties.find(buffer, 4, 4, MessageProperties.name("c")))
                .isNull();
        assertThat(MessageProperties.find(buffer, 4, 0, MessageProperties.name("b")))
                .isNull();
    }

    @Test
    void findAgreesWithParseOnAnyBlock() {
        Random random = new Random(6);
        for (int i = 0; i < 100_000; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(24);
            for (int at = 0; at < length; at++) {
                text.append("\u0001\u0001\u0002\u0002abcé".charAt(random.nextInt(8)));
            }
            String block = text.toString();
            Map<String, String> parsed = MessageProperties.parse(block);
            for (String name : new String[] {"a", "b", "ab", "é", "aa"}) {
                if (namedOnce(block, name)) {
                    assertThat(find(block, name))
                            .as("%s in %s", name, block.replace('\u0001', '=').replace('\u0002', ';'))
                            .isEqualTo(parsed.get(name));
                }
            }
        }
    }

    private static boolean namedOnce(String block, String name) {
        Set<String> seen = new HashSet<>();
        boolean once = true;
        for (String entry : block.split("\u0002")) {
            if (entry.startsWith(name + "\u0001")) {
                once &= seen.add(name);
            }
        }
        return once;
    }

    @ParameterizedTest
    @CsvSource({"TagA, 2598919", "*, 42"})
    void theTagHashIsTheStringHashOfRocketMq(String tags, long hash) {
        assertThat(MessageProperties.tagHash(tags)).isEqualTo(hash);
    }

    @Test
    void noTagHasTheHashZero() {
        assertThat(MessageProperties.tagHash(null)).isZero();
        assertThat(MessageProperties.tagHash("")).isZero();
        assertThat(MessageProperties.tagHash("polygenelubricants")).isEqualTo(Integer.MIN_VALUE);
    }

    private static String without(String block, String... names) {
        byte[] bytes = block.getBytes(StandardCharsets.UTF_8);
        byte[][] unwanted =
                java.util.Arrays.stream(names).map(MessageProperties::name).toArray(byte[][]::new);
        return new String(MessageProperties.without(bytes, bytes.length, unwanted), StandardCharsets.UTF_8);
    }

    @Test
    void entriesAreTakenOutByTheirWholeNames() {
        String text = "a\u00011\u0002ab\u00012\u0002b\u0001a\u0002a\u00013\u0002";
        assertThat(without(text)).isEqualTo(text);
        assertThat(without(text, "a")).isEqualTo("ab\u00012\u0002b\u0001a\u0002");
        assertThat(without(text, "b", "ab")).isEqualTo("a\u00011\u0002a\u00013\u0002");
        assertThat(without(text, "a", "b", "ab")).isEmpty();
        assertThat(without(text, "c", "")).isEqualTo(text);
        assertThat(without("", "a")).isEmpty();
    }

    @Test
    void whatIsLeftIsClosedThoughTheBlockWasNot() {
        assertThat(without("a\u00011\u0002b\u00012", "a")).isEqualTo("b\u00012\u0002");
        assertThat(without("a\u00011\u0002b\u00012", "b")).isEqualTo("a\u00011\u0002");
        assertThat(without("b\u0001größe", "a")).isEqualTo("b\u0001größe\u0002");
    }

    @Test
    void onlyTheGivenLengthOfTheBlockIsLookedAt() {
        byte[] bytes = "a\u00011\u0002b\u00012\u0002c\u00013\u0002".getBytes(StandardCharsets.UTF_8);
        assertThat(MessageProperties.without(bytes, 8, MessageProperties.name("a")))
                .isEqualTo("b\u00012\u0002".getBytes(StandardCharsets.UTF_8));
    }
}
