package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a SQL92 filter is of one message, by table. */
@Timeout(180)
class SqlTruthTest {
    /** n = 5, f = 5.5, e = 1e3, big = 3000000000, neg = -7, s = abc, t = true, u = TRUE, x = xyz, q = it's, TAGS = red. */
    private static final MessageRecord MESSAGE = TestMessage.ofNative()
            .raw("TAGS", "red")
            .raw("KEYS", "k1 k2")
            .raw("n", "5")
            .raw("m", "5.0")
            .raw("f", "5.5")
            .raw("e", "1e3")
            .raw("big", "3000000000")
            .raw("neg", "-7")
            .raw("s", "abc")
            .raw("t", "true")
            .raw("u", "TRUE")
            .raw("x", "xyz")
            .raw("q", "it's")
            .raw("hex", "0x10")
            .raw("inf", "Infinity")
            .raw("dbl", "1d")
            .raw("long", "9223372036854775808")
            .raw("like", "word")
            .raw("\u00E4", "umlaut")
            .record();

    static Truth truth(String filter, MessageRecord record) {
        boolean matches = matches(filter, record);
        boolean opposite = matches("NOT (" + filter + ")", record);
        assertThat(matches && opposite)
                .as("it and its opposite match: " + filter)
                .isFalse();
        return matches ? Truth.TRUE : opposite ? Truth.FALSE : Truth.UNKNOWN;
    }

    static boolean matches(String filter, MessageRecord record) {
        try {
            return SqlFilter.compile(filter).matches(record);
        } catch (DeliveryException e) {
            throw new AssertionError(filter + ": " + e.getMessage(), e);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "n = 5 | TRUE",
                "n = 5.0 | TRUE",
                "m = 5 | TRUE",
                "n = '5' | TRUE",
                "m = '5' | FALSE",
                "5 = n | TRUE",
                "n <> 6 | TRUE",
                "n <> 5 | FALSE",
                "n > 4 AND n < 6 | TRUE",
                "f > 5 | TRUE",
                "f >= 5.5 | TRUE",
                "f <= 5 | FALSE",
                "e = 1000 | TRUE",
                "e > 999.5 | TRUE",
                "neg < -6 | TRUE",
                "neg = -7 | TRUE",
                "-neg = 7 | TRUE",
                "+neg = -7 | TRUE",
                "neg = - - -7 | TRUE",
                "big > 2147483648 | TRUE",
                "big = 3000000000L | TRUE",
                "long > 9223372036854775807 | FALSE",
                "long >= 9223372036854775807 | TRUE",
                "long > -9223372036854775808 | TRUE",
                "n > neg | TRUE",
                "n = m | FALSE",
                "n >= m | TRUE",
                "n BETWEEN 5 AND 5 | TRUE",
                "n BETWEEN 6 AND 7 | FALSE",
                "n NOT BETWEEN 6 AND 7 | TRUE",
                "n NOT BETWEEN neg AND f | FALSE",
                "n BETWEEN neg AND f | TRUE",
                // what is no number, to a number
                "s > 5 | UNKNOWN",
                "s = 5 | UNKNOWN",
                "s <> 5 | UNKNOWN",
                "s BETWEEN 1 AND 2 | UNKNOWN",
                "s > n | UNKNOWN",
                "hex > 0 | UNKNOWN",
                "inf > 0 | UNKNOWN",
                "dbl > 0 | UNKNOWN",
                "s > 5 OR n = 5 | TRUE",
                "n = 5 OR s > 5 | TRUE",
                "s > 5 AND n = 6 | FALSE",
                // strings
                "s = 'abc' | TRUE",
                "'abc' = s | TRUE",
                "s = 'ABC' | FALSE",
                "s <> 'abd' | TRUE",
                "s = x | FALSE",
                "s = s | TRUE",
                "q = 'it''s' | TRUE",
                "s IN ('x', 'abc') | TRUE",
                "s IN ('x') | FALSE",
                "s NOT IN ('x') | TRUE",
                "n IN ('5') | TRUE",
                "s LIKE 'a%' | TRUE",
                "s LIKE 'a_c' | TRUE",
                "s NOT LIKE '%z%' | TRUE",
                "s LIKE 'a!%' ESCAPE '!' | FALSE",
                "s CONTAINS 'b' | TRUE",
                "s contains 'bc' | TRUE",
                "s CONTAINS 'bd' | FALSE",
                "s CONTAINS '%' | FALSE",
                "s NOT CONTAINS 'bd' | TRUE",
                "s STARTSWITH 'ab' | TRUE",
                "s STARTSWITH 'bc' | FALSE",
                "s NOT STARTSWITH 'bc' | TRUE",
                "s ENDSWITH 'bc' | TRUE",
                "s ENDSWITH 'ab' | FALSE",
                "s NOT ENDSWITH 'ab' | TRUE",
                "s STARTSWITH 'abc' AND s ENDSWITH 'abc' | TRUE",
                "s STARTSWITH 'abcd' | FALSE",
                "s CONTAINS '' | FALSE",
                "s NOT CONTAINS '' | FALSE",
                "TAGS = 'red' AND KEYS CONTAINS 'k2' | TRUE",
                "TAGS = 'blue' OR n = 5 | TRUE",
                "TAGS IN ('blue', 'red') | TRUE",
                "like LIKE 'w%' | TRUE",
                "\u00E4 = 'umlaut' | TRUE",
                // truths: a string is true if it says so
                "t = TRUE | TRUE",
                "u = true | TRUE",
                "TRUE = t | TRUE",
                "s = TRUE | FALSE",
                "s = FALSE | TRUE",
                "t <> FALSE | TRUE",
                "t | TRUE",
                "s | FALSE",
                "NOT t | FALSE",
                "TRUE | TRUE",
                "FALSE | FALSE",
                "TRUE = FALSE | FALSE",
                "TRUE = NOT FALSE | TRUE",
                "(n > 4) = TRUE | TRUE",
                "(n > 4) = (f > 6) | FALSE",
                "(n > 4) = t | TRUE",
                "n > 4 = TRUE | TRUE",
                "n = 5 = TRUE | TRUE",
                // what is not there
                "none = 5 | UNKNOWN",
                "none <> 5 | UNKNOWN",
                "none > 5 | UNKNOWN",
                "none = 'x' | UNKNOWN",
                "'x' <> none | UNKNOWN",
                "none = none | UNKNOWN",
                "none IN ('x') | UNKNOWN",
                "none NOT IN ('x') | UNKNOWN",
                "none LIKE '%' | UNKNOWN",
                "none | UNKNOWN",
                "NOT none | UNKNOWN",
                "-none > 0 | UNKNOWN",
                "none BETWEEN 1 AND 2 | UNKNOWN",
                "none CONTAINS 'x' | FALSE",
                "none NOT CONTAINS 'x' | FALSE",
                "none = TRUE | UNKNOWN",
                "none IS NULL | TRUE",
                "none IS NOT NULL | FALSE",
                "n IS NULL | FALSE",
                "n is not null | TRUE",
                "NULL IS NULL | TRUE",
                "(none = 1) IS NULL | TRUE",
                "NULL | UNKNOWN",
                "NULL OR n = 5 | TRUE",
                "NULL AND n = 6 | FALSE",
                "N IS NULL | TRUE",
                // precedence and style
                "NOT s = 'x' | TRUE",
                "NOT n > 5 AND NOT n < 5 | TRUE",
                "NOT NOT n = 5 | TRUE",
                "n = 5 OR n = 6 AND n = 7 | TRUE",
                "(n = 5 OR n = 6) AND n = 7 | FALSE",
                "n /* the ** number */ = 5 | TRUE",
                "none IS NULL AND (n = 1 OR (n = 5)) | TRUE",
            })
    void aFilterIs(String filter, Truth expected) {
        assertThat(truth(filter, MESSAGE)).as(filter).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a = | position 4: expected a property, a literal or \"(\", but found the end",
                "a > 'x' | position 5: \">\" expects numbers, but this is a string",
                "a > TRUE | position 5: \">\" expects numbers, but this is a condition",
                "a = NULL | position 5: nothing is equal to NULL; write IS NULL or IS NOT NULL",
                "NULL <> a | position 1: nothing is equal to NULL",
                "'x' | position 1: expected a condition, but found a string",
                "5 | position 1: expected a condition, but found a number",
                "a AND 5 | position 7: expected a condition",
                "TRUE = 5 | position 6: a condition cannot be compared with a number",
                "5 IN ('x') | position 1: expected a property before \"IN\"",
                "a IN (5) | position 7: expected a string literal, but found \"5\"",
                "a IN () | position 7: expected a string literal",
                "a CONTAINS 5 | position 12: expected a string literal",
                "a BETWEEN 5 AND 4 | position 3: nothing is between 5 and 4",
                "a = 'x | position 5: expected a quote that ends the string literal",
                "a = 010 | position 6:",
                "a = 9223372036854775808 | position 5: expected a whole number that fits a long",
                "a = 1e999 | position 5: expected a number that fits a double",
                "a ! b | position 3: expected an expression or an operator, but found the character \"!\"",
                "a + 1 > 2 | position 3: expected",
                "(a = 1 | position 7: expected",
                "a = 1) | position 6: expected",
                "a LIKE 'x!' ESCAPE '!' | position 8: the pattern ends in its escape character",
                "a = 1 b | position 7: expected",
            })
    void aMistakeIsToldWithItsPlace(String filter, String message) {
        assertThatThrownBy(() -> SqlFilter.compile(filter))
                .isInstanceOfSatisfying(
                        DeliveryException.class,
                        e -> assertThat(e.code()).isEqualTo(ResponseCode.SUBSCRIPTION_PARSE_FAILED))
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "\n"})
    void anEmptyFilterIsRefused(String filter) {
        assertThatThrownBy(() -> SqlFilter.compile(filter)).hasMessageContaining("must not be empty");
    }

    @Test
    void blanksAndCommentsDoNotCount() {
        assertThat(matches("  n\t=\r\n5 -- five", MESSAGE)).isTrue();
        assertThat(matches("n -- five\n = /* not\n6 */ 5", MESSAGE)).isTrue();
    }

    @Test
    void whatIsTooLongOrTooDeepIsRefused() throws DeliveryException {
        String longest = "a = '" + "x".repeat(SqlFilter.MAX_LENGTH - 6) + "'";
        assertThat(SqlFilter.compile(longest).matches(MESSAGE)).isFalse();
        assertThatThrownBy(() -> SqlFilter.compile(longest + " ")).hasMessageContaining("at most 16384 characters");
        String deepest = "(".repeat(200) + "n = 5" + ")".repeat(200);
        assertThat(SqlFilter.compile(deepest).matches(MESSAGE)).isTrue();
        assertThatThrownBy(() -> SqlFilter.compile("(" + deepest + ")")).hasMessageContaining("nest deeper than 200");
    }

    @Test
    void aFilterThatTakesTooManyStepsDoesNotMatchAndNeitherDoesItsOpposite() {
        MessageRecord large =
                TestMessage.ofNative().raw("a", "x".repeat(30_000)).record();
        String expensive = "a LIKE '%" + "_".repeat(200) + "y%'";
        assertThat(matches(expensive, large)).isFalse();
        assertThat(matches("NOT (" + expensive + ")", large)).isFalse();
        assertThat(matches("a CONTAINS '" + "x".repeat(1000) + "' AND a NOT CONTAINS 'xy'", large))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TAGS = 'a' | a",
                "'a' = TAGS AND n > 5 | a",
                "n > 5 AND (TAGS = 'a' OR TAGS IN ('b', 'c')) | a b c",
                "TAGS IN ('a', 'b') | a b",
                "TAGS = 'a' OR n > 5 | *",
                "NOT TAGS = 'a' | *",
                "TAGS NOT IN ('a') | *",
                "TAGS <> 'a' | *",
                "TAGS = n | *",
                "TAGS = 5 | *",
                "TAGS LIKE 'a%' | *",
            })
    void theTagsThatAFilterDemandsAreKnown(String filter, String tags) throws DeliveryException {
        Integer[] hashes = tags.equals("*")
                ? new Integer[0]
                : java.util.Arrays.stream(tags.split(" "))
                        .map(tag -> (int) MessageProperties.tagHash(tag))
                        .toArray(Integer[]::new);
        assertThat(SqlFilter.compile(filter).tagHashes()).containsExactlyInAnyOrder(hashes);
    }

    @Test
    void ofTwoPropertiesWithOneNameTheFirstCountsAndOneFilterIsUsedAgainAndAgain() throws DeliveryException {
        SqlFilter filter = SqlFilter.compile("a = '1'");
        Map<String, Boolean> blocks = Map.of("1", true, "2", false);
        for (int i = 0; i < 3; i++) {
            blocks.forEach((first, expected) -> assertThat(filter.matches(TestMessage.ofNative()
                            .raw("ab", "1")
                            .raw("a", first)
                            .raw("a", "1")
                            .record()))
                    .isEqualTo(expected));
            assertThat(filter.matches(TestMessage.ofNative().record())).isFalse();
        }
    }

    @Test
    void filtersAreCompiledOnceAndTheirNumberIsBounded() throws DeliveryException {
        SqlFilters filters = new SqlFilters();
        SqlFilter first = filters.get("a = 0");
        for (int i = 1; i <= SqlFilters.MAX_FILTERS; i++) {
            assertThat(filters.get("a = 0")).isSameAs(first);
            filters.get("a = " + i);
        }
        assertThat(filters.compiled()).isEqualTo(SqlFilters.MAX_FILTERS + 1);
        assertThat(filters.size()).isEqualTo(SqlFilters.MAX_FILTERS);
        assertThat(filters.get("a = 0")).isSameAs(first);
        String longText = "a = '" + "x".repeat(16_000) + "'";
        for (int i = 0; i < 200; i++) {
            filters.get(longText + " OR b = " + i);
        }
        assertThat(filters.size()).isLessThan(200);
        assertThat(filters.getIfSound("a =")).isNull();
    }
}
