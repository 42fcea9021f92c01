package org.fulmar.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.fulmar.protocol.frame.Wire.Seen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every dialect of the JSON header that clients of some release send is read. */
class JsonDialectTest {
    private static Seen read(String header) {
        return Wire.decodeOne(Wire.json(header));
    }

    @Test
    void namesMayBeWithoutQuotes() {
        Seen seen = read("{code:105,extFields:{topic:\"T\",queueId:3},flag:2,language:\"GO\",opaque:9,version:399}");
        assertThat(seen.code()).isEqualTo(105);
        assertThat(seen.flag()).isEqualTo(2);
        assertThat(seen.language()).isEqualTo(9);
        assertThat(seen.opaque()).isEqualTo(9);
        assertThat(seen.version()).isEqualTo(399);
        assertThat(seen.fields()).isEqualTo(Map.of("topic", "T", "queueId", "3"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"code\":34,\"opaque\":5}",
                "{\"code\":34,\"extFields\":null,\"opaque\":5}",
                "{\"code\":34,\"extFields\":{},\"opaque\":5}",
                "{\"code\":34,\"extFields\":[],\"opaque\":5}",
                "{\"code\":34,\"extFields\":[1,{\"opaque\":6}],\"opaque\":5}",
                "{\"code\":34,\"extFields\":\"\",\"opaque\":5}"
            })
    void fieldsMayBeAbsentNullOrEmpty(String header) {
        Seen seen = read(header);
        assertThat(seen.fields()).isEmpty();
        assertThat(seen.code()).isEqualTo(34);
        assertThat(seen.opaque()).as("what comes behind the fields").isEqualTo(5);
    }

    @Test
    void whatIsNotKnownIsPassedOver() {
        Seen seen =
                read("{\"new\":{\"code\":1,\"deep\":[[{\"opaque\":2}]]},\"code\":34,\"list\":[1,2],\"nothing\":null,"
                        + "\"serializeTypeCurrentRPC\":\"ROCKETMQ\",\"opaque\":5}");
        assertThat(seen.code()).isEqualTo(34);
        assertThat(seen.opaque()).isEqualTo(5);
        assertThat(seen.encoding()).isEqualTo(HeaderEncoding.JSON);
    }

    @Test
    void valuesMayBeBooleansAndNumbersAndAreTextThen() {
        assertThat(read("{\"extFields\":{\"a\":true,\"b\":false,\"c\":-12,\"d\":1.50,\"e\":12345678901234567890,"
                                + "\"f\":null,\"g\":{\"x\":\"y\"},\"h\":[\"z\"],\"i\":\"\"}}")
                        .fields())
                .isEqualTo(Map.of(
                        "a", "true", "b", "false", "c", "-12", "d", "1.50", "e", "12345678901234567890", "i", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1}", "[\"a\",{\"opaque\":6}]", "null"})
    void aRemarkThatIsNoTextIsNoneAndHidesNothing(String remark) {
        Seen seen = read("{\"remark\":" + remark + ",\"code\":34,\"opaque\":5}");
        assertThat(seen.remark()).isNull();
        assertThat(seen.code()).isEqualTo(34);
        assertThat(seen.opaque()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        "'\"JAVA\"', 0", "'\"CPP\"', 1", "'\"PYTHON\"', 3", "'\"OTHER\"', 7", "'\"GO\"', 9", "'\"RUST\"', 12",
        "'\"NODE_JS\"', 13", "'\"COBOL\"', 7", "'null', 7", "'3', 7", "'{\"code\":1}', 7", "'[\"JAVA\"]', 7"
    })
    void languagesHaveTheirNumbersAndThoseNotKnownAreOther(String language, int number) {
        Seen seen = read("{\"language\":" + language + ",\"code\":34,\"opaque\":5}");
        assertThat(seen.language()).isEqualTo(number);
        assertThat(seen.opaque()).isEqualTo(5);
    }

    @Test
    void spaceAndOrderDoNotMatter() {
        assertThat(read(" \n{ \"opaque\" : 5 ,\t\"code\" : 34 } \n")).isEqualTo(read("{\"code\":34,\"opaque\":5}"));
    }

    @Test
    void theLastOfTwoSameNamesCounts() {
        assertThat(read("{\"code\":1,\"code\":34,\"extFields\":{\"a\":1,\"a\":2}}"))
                .isEqualTo(read("{\"code\":34,\"extFields\":{\"a\":\"2\"}}"));
    }

    @Test
    void charactersBeyondAsciiAreReadEscapedOrAsTheyAre() {
        assertThat(read("{\"remark\":\"\\u00e4\\ud83d\\ude00\"}")).isEqualTo(read("{\"remark\":\"ä\uD83D\uDE00\"}"));
    }
}
