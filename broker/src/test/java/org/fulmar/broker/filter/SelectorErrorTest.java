package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.protocol.command.ResponseCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused when a consumer is made, and what its maker is told. */
@Timeout(180)
class SelectorErrorTest {
    private static final String CASES = """
            | 3+5 | position 1: expected a condition, but found a number
            | TRUE AND 3+5 | position 10: expected a condition
            | 'abc' | position 1: expected a condition, but found a string
            | NOT 5 | position 5: expected a condition, but found a number
            | 5 OR TRUE | position 1: expected a condition
            | NOT 'a' | position 5: expected a condition
            | JMSType | position 1: expected a condition, but found a string
            | JMSPriority AND TRUE | position 1: expected a condition, but found a number
            | -a | position 1: expected a condition
            | (3) | position 2: expected a condition
            | =TEST 'test' | position 1: expected an identifier, a literal, "(" or NOT, but found "="
            | a = | position 4: expected an identifier, a literal or "(", but found the end
            | a = 1 AND | position 10: expected an identifier, a literal, "(" or NOT, but found the end
            | a = 1 AMD b = 2 | position 7: expected an operator or the end of the selector, but found "AMD"
            | prop1 = prop2 foo AND string = 'Test' | position 15: expected an operator
            | a b | position 3: expected an operator or the end of the selector, but found "b"
            | (a = 1 | position 7: expected an operator or ")", but found the end
            | a = 1) | position 6: expected an operator or the end of the selector, but found ")"
            | (a = 1)) | position 8: expected an operator
            | () | position 2: expected an identifier, a literal, "(" or NOT, but found ")"
            | a = b = c | position 7: expected AND, OR or the end of the selector, but found "="
            | 1 < a < 3 | position 7: expected AND, OR
            | AND a | position 1: expected an identifier
            | a OR | position 5: expected an identifier
            | a NOT = 5 | position 7: expected BETWEEN, IN or LIKE, but found "="
            | a NOT NULL | position 7: expected BETWEEN, IN or LIKE, but found "NULL"
            | a = NOT b | position 5: expected an identifier, a literal or "(", but found "NOT"
            | a = NULL | position 5: expected an identifier
            | NULL IS NULL | position 1: expected an identifier
            | a IS 5 | position 6: expected NOT or NULL, but found "5"
            | a IS NOT | position 9: expected NULL, but found the end
            | a IS TRUE | position 6: expected NOT or NULL
            | 5 IS NULL | position 1: expected an identifier before "IS", but found a number
            | 'a' IS NULL | position 1: expected an identifier before "IS", but found a string
            | a + 1 IS NULL | position 1: expected an identifier before "IS"
            | (a = 1) IS NULL | position 2: expected an identifier before "IS", but found a condition
            | a == 5 | position 4: expected an identifier
            | a != 5 | position 3: expected an expression or an operator, but found the character "!"
            | a = 5; | position 6: expected an expression or an operator, but found the character ";"
            | a = "x" | position 5: expected an expression or an operator
            | a & b | position 3: expected an expression or an operator
            | a % 2 = 0 | position 3: expected an expression or an operator
            | a = 5 -- a comment | position 12: expected an operator or the end of the selector, but found "comment"
            | a = 5 /* comment */ | position 8: expected an identifier
            | a.b = 5 | position 2: expected an expression or an operator
            | a-b = 'x' | position 5: a number cannot be compared with a string
            | 5a = 5 | position 2: expected an operator
            | a = 'x | position 5: expected a quote that ends the string literal, but found the end
            | a = 'it''s | position 5: expected a quote
            | a = 'x' AND b = 'y | position 17: expected a quote
            | a = 'it's' | position 10: expected a quote
            | a > 'x' | position 5: ">" expects numbers, but this is a string
            | 'x' <= a | position 1: "<=" expects numbers, but this is a string
            | TRUE > FALSE | position 1: ">" expects numbers, but this is a condition
            | a < TRUE | position 5: "<" expects numbers, but this is a condition
            | (a = 1) > 5 | position 2: ">" expects numbers, but this is a condition
            | 5 = 'x' | position 3: a number cannot be compared with a string
            | TRUE = 1 | position 6: a condition cannot be compared with a number
            | 'x' <> FALSE | position 5: a string cannot be compared with a condition
            | a + 'x' = 1 | position 5: "+" expects numbers, but this is a string
            | 'x' + 'y' = 'xy' | position 1: "+" expects numbers
            | TRUE * 2 = 2 | position 1: "*" expects numbers, but this is a condition
            | -'x' = 1 | position 2: "-" expects numbers
            | -TRUE | position 2: "-" expects numbers
            | JMSType + 1 = 2 | position 1: "+" expects numbers, but this is a string
            | a BETWEEN 1 | position 12: expected AND, but found the end
            | a BETWEEN 1, 2 | position 12: expected AND, but found ","
            | a BETWEEN 1 OR 2 | position 13: expected AND, but found "OR"
            | a BETWEEN 'a' AND 'b' | position 11: "BETWEEN" expects numbers, but this is a string
            | 'a' BETWEEN 1 AND 2 | position 1: "BETWEEN" expects numbers
            | TRUE BETWEEN 1 AND 2 | position 1: "BETWEEN" expects numbers
            | a IN () | position 7: expected a string literal, but found ")"
            | a IN 'x' | position 6: expected "(", but found "'x'"
            | a IN ('x' | position 10: expected ")" or ",", but found the end
            | a IN ('x',) | position 11: expected a string literal
            | a IN ('x' 'y') | position 11: expected ")" or ",", but found "'y'"
            | a IN (1, 2) | position 7: expected a string literal, but found "1"
            | a IN (b) | position 7: expected a string literal
            | a IN (NULL) | position 7: expected a string literal
            | 'x' IN ('x') | position 1: expected an identifier before "IN", but found a string
            | 5 IN ('5') | position 1: expected an identifier before "IN"
            | JMSPriority IN ('5') | position 1: expected a string before "IN", but "JMSPriority" is a number
            | a LIKE 5 | position 8: expected a string literal, but found "5"
            | a LIKE b | position 8: expected a string literal
            | a LIKE 'x' ESCAPE | position 18: expected a string literal
            | a LIKE 'x' ESCAPE 5 | position 19: expected a string literal
            | a LIKE 'x' ESCAPE '' | position 19: expected an escape of one character
            | a LIKE 'x' ESCAPE 'ab' | position 19: expected an escape of one character
            | a LIKE 'x!' ESCAPE '!' | position 8: the pattern ends in its escape character
            | 5 LIKE '5' | position 1: expected an identifier before "LIKE", but found a number
            | 'x' LIKE 'x' | position 1: expected an identifier before "LIKE"
            | TRUE LIKE 'x' | position 1: expected an identifier before "LIKE"
            | JMSTimestamp LIKE '1%' | position 1: expected a string before "LIKE"
            | ESCAPE = 1 | position 1: expected an identifier
            | between = 1 | position 1: expected an identifier
            | a = 9223372036854775808 | position 5: expected a whole number as Java writes them that fits a long
            | a = -9223372036854775809 | position 6: expected a whole number
            | a = 99999999999999999999L | position 5: expected a whole number
            | a = 0x10000000000000000 | position 5: expected a whole number
            | a = 08 | position 5: expected a whole number
            | a = 0b2 | position 5: expected a whole number
            | a = 0x | position 6: expected an operator
            | a = 1_ | position 6: expected an operator
            | a = 1e400 | position 5: expected an approximate number that fits a double
            | a = 1e-400 | position 5: expected an approximate number that fits a double
            | a = 1e40F | position 5: expected an approximate number that fits a float
            | a = 1e-60F | position 5: expected an approximate number that fits a float
            | a = 1e | position 6: expected an operator
            | a = 1..2 | position 7: expected an operator
            | JMSDestination = 'q' | position 1: "JMSDestination" is no header that a selector can name: those are JMSDeliveryMode
            | JMSReplyTo IS NULL | position 1: "JMSReplyTo" is no header
            | x = 1 OR JMSRedelivered | position 10: "JMSRedelivered" is no header
            | JMSExpiration > 0 | position 1: "JMSExpiration" is no header
            | JMSDeliveryTime > 0 | position 1: "JMSDeliveryTime" is no header
            | JMS = 1 | position 1: "JMS" is no header
            | JMStype = 'a' | position 1: "JMStype" is no header
            | JMSDeliveryMode = 2 | position 17: a string cannot be compared with a number
            | JMSDeliveryMode > 1 | position 1: ">" expects numbers, but this is a string
            | JMSPriority = '4' | position 13: a number cannot be compared with a string
            | JMSTimestamp = 'now' | position 14: a number cannot be compared with a string
            | JMSMessageID = 5 | position 14: a string cannot be compared with a number
            | JMSType = TRUE | position 9: a string cannot be compared with a condition
            | a = \u201Cx\u201D | position 5: the character U+201C cannot begin an identifier
            | a\u00A0= 5 | position 2: the character U+00A0 cannot stand in an identifier
            | \uD83D\uDE00 = 5 | position 1: the character U+1F600 cannot begin an identifier
            | s = '\uD83D\uDE00' x | position 9: expected an operator
            """;

    static Stream<String> cases() {
        return CASES.lines().filter(line -> !line.isBlank());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aMistakeIsNamedWithItsPlaceAndWhatWasExpected(String line) {
        String[] parts = line.split(" ?\\| ", 3);
        assertThatThrownBy(() -> Selector.compile(parts[1]))
                .isInstanceOfSatisfying(
                        DeliveryException.class, e -> assertThat(e.code()).isEqualTo(ResponseCode.JMS_INVALID_SELECTOR))
                .hasMessageContaining(parts[2]);
    }

    @Test
    void halfASurrogatePairIsRefused() {
        assertThatThrownBy(() -> Selector.compile("a = 'x' \uD83D")).hasMessageContaining("position 9: half of");
        assertThatThrownBy(() -> Selector.compile("a = '\uDE00'")).hasMessageContaining("position 6: half of");
    }

    @Test
    void aMessageShowsNeitherControlCharactersNorWholeTexts() {
        assertThatThrownBy(() -> Selector.compile("a = 1\n\r\u0007" + "x".repeat(10_000)))
                .satisfies(e -> assertThat(e.getMessage())
                        .hasSizeLessThan(600)
                        .matches(text -> text.chars().noneMatch(Character::isISOControl), "no control characters"));
    }

    @Test
    void itCompilesForTheEngine() throws DeliveryException {
        MessageTest.Compiler compiler = Selector::compile;
        assertThat(compiler.compile("a = 1")).hasToString("a = 1");
    }
}
