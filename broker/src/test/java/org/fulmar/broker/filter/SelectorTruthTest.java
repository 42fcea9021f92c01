package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 3.8.1 sentence by sentence, over one message. */
@Timeout(180)
class SelectorTruthTest {
    private static final MessageRecord MESSAGE = TestMessage.jms()
            .flag(JmsFlag.MARK | 6 | JmsFlag.NON_PERSISTENT)
            .raw(JmsNames.UNIQ_KEY, "abc-1")
            .type("car")
            .movable(JmsNames.CORRELATION_ID, HeaderText.encode("corr"))
            .with("s", "red")
            .with("S", "RED")
            .with("num", "2")
            .with("numOther", "3")
            .with("e", "")
            .with("nul", null)
            .with("quoted", "it's")
            .with("spaced", " red ")
            .with("i", 7)
            .with("zero", 0)
            .with("neg", -7)
            .with("maxInt", Integer.MAX_VALUE)
            .with("l", 5_000_000_000L)
            .with("maxLong", Long.MAX_VALUE)
            .with("minLong", Long.MIN_VALUE)
            .with("by", (byte) 3)
            .with("sh", (short) -300)
            .with("f", 0.1f)
            .with("d", 2.5)
            .with("nan", Double.NaN)
            .with("inf", Double.POSITIVE_INFINITY)
            .with("yes", true)
            .with("no", false)
            .with("phone", "12993")
            .with("word", "lose")
            .with("underscored", "_foo")
            .with("percent", "100%")
            .with("backslash", "a\\b")
            .with("star", "a*b.c")
            .with("lines", "one\ntwo")
            .with("controls", "\u0001\u0002\u0000")
            .with("emoji", "\uD83D\uDE00x")
            .with("gr\u00F6\u00DFe", 12)
            .with("$x", 1)
            .with("_y", 2)
            .with("\u5024", "v")
            .with("TAGS", "displaced")
            .with("_jms_k", "ours")
            .with("Country", "UK")
            .with("nothing", "word")
            .with("ANDROID", "x")
            .with("JMSXGroupID", "g1")
            .with("JMSXGroupSeq", 4)
            .with("JMS_acme", "v")
            .record();

    private static final String CASES = """
            T | TRUE
            F | FALSE
            T | true
            F | fAlSe
            T | yes
            F | no
            U | nul
            U | missing
            U | s
            U | i
            T | (yes)
            T | ((((yes))))
            F | NOT yes
            T | not no
            T | NOT NOT yes
            F | NOT NOT NOT yes
            U | NOT missing
            U | NOT s

            # string literals
            T | s = 'red'
            T | 'red' = s
            F | s = 'Red'
            F | s = 'red '
            F | spaced = 'red'
            T | spaced = ' red '
            T | e = ''
            F | e <> ''
            F | s = ''
            T | quoted = 'it''s'
            F | quoted = 'its'
            T | '''' = ''''
            T | 'a' = 'a'
            F | 'a' = 'b'
            T | 'a' <> 'b'
            F | 'a' <> 'a'
            T | 'AND' <> 'OR'
            T | lines = 'one
            two'
            T | emoji = '\uD83D\uDE00x'
            T | s <> 'blue'
            F | s <> 'red'

            # identifiers are case sensitive, keywords are not
            T | S = 'RED'
            F | S = 'red'
            U | COUNTRY = 'UK'
            T | s = 'red' and i = 7
            T | s = 'blue' Or i = 7
            T | s iN ('red')
            T | s lIkE 'r%'
            T | i bEtWeEn 1 aNd 9
            T | missing iS nUlL
            T | s Is NoT nUlL
            T | nothing = 'word'
            T | ANDROID = 'x'
            T | gr\u00F6\u00DFe = 12
            T | $x = 1
            T | _y = 2
            T | \u5024 = 'v'
            T | TAGS = 'displaced'
            T | _jms_k = 'ours'
            T | JMSXGroupID = 'g1'
            T | JMSXGroupSeq > 3
            T | JMS_acme = 'v'
            T | JMS_other IS NULL
            T | JMSXState IS NULL

            # exact numbers
            T | i = 7
            T | i = +7
            T | i = 007
            T | i = 0x7
            T | i = 0X7L
            T | i = 0b111
            T | i = 7L
            T | i = 7l
            T | i + 1 = 010
            T | i * 1000 = 7_000
            T | neg = -7
            T | neg = - 7
            T | neg = -+7
            T | i = --7
            T | i = -neg
            T | -i = neg
            T | +i = 7
            T | - -i = 7
            T | l = 5000000000
            T | l = 5000000000L
            T | maxLong = 9223372036854775807
            T | minLong = -9223372036854775808
            T | minLong = -9223372036854775808L
            T | minLong = 0x8000000000000000L
            T | maxInt = 0x7FFFFFFF
            T | neg = 0xFFFFFFF9
            F | neg = 0xFFFFFFF9L
            T | 57 = 57
            T | -957 < +62
            F | i <> 7
            T | i > 6
            F | i > 7
            T | i >= 7
            T | i < 8
            F | i < 7
            T | i <= 7
            T | by = 3
            T | sh = -300
            T | by < i
            T | l > i
            F | i > l

            # approximate numbers
            T | d = 2.5
            T | d = 2.5D
            T | d = 2.5f
            T | d = 25e-1
            T | d = .25E1
            T | d = 0.25e+1d
            T | i = 7.
            T | i = 7.0
            T | i = 7D
            T | i = 7F
            T | i = 7.e0
            T | i = .7e1
            T | l = 5E9
            T | 7E3 = 7000
            T | -57.9E2 = -5790
            T | -95.7 < +6.2
            T | d = 0x1.4p1
            T | 1_0.0_1 = 10.01
            T | d > 2
            T | d < 3
            F | d = 2
            T | i > d
            T | f = 0.1F
            F | f = 0.1
            T | f > 0.1
            T | f <> 0.1
            T | inf > 1e308
            T | -inf < -1e308
            F | nan = nan
            T | nan <> nan
            F | nan < 1
            F | nan >= 1
            T | 0.0 = -0.0

            # promotion is Java's
            T | maxInt + 1 < 0
            T | maxInt + 1L > 0
            T | maxInt + 1.0 > 0
            T | maxLong + 1 < 0
            T | i / 2 = 3
            T | i / 2.0 = 3.5
            T | neg / 2 = -3
            T | f + 0.2F = 0.3F
            F | f + 0.2 = 0.3
            T | maxLong = 9223372036854775807.0
            T | by + by = 6
            T | by * sh = -900

            # arithmetic
            T | i + 1 = 8
            T | i - 1 = 6
            T | i * 2 = 14
            T | 1 + 2 * 3 = 7
            T | (1 + 2) * 3 = 9
            T | 10 - 4 - 3 = 3
            T | 10 - (4 - 3) = 9
            T | 100 / 10 / 5 = 2
            T | 100 / (10 / 5) = 50
            T | 2 * 3 / 4 = 1
            T | 2 * (3 / 4) = 0
            T | -2 * -3 = 6
            T | -i + 14 = i
            T | -(i + 1) = -8
            T | i + 2 * i - i / 7 = 20
            T | i+1=8
            T | i-1=6
            T | i -1=6
            T | 5 - -5 = 10
            T | 5 --5 = 10
            T | i * 2 > i + 6
            T | d * 2 = 5
            U | missing + 1 = 8
            U | 1 - missing < 8
            U | i + nul > 0
            U | -missing = 1
            U | s + 1 = 1
            U | num + 1 = 3
            U | -num = -2
            U | +num = 2
            U | yes + 1 = 2
            U | i / 0 = 1
            U | i / zero <> 1
            U | 1 / 0 = 1
            U | 1.0 / 0 = 1
            U | d / 0.0 > 1
            U | i / (i - 7) > 0
            T | i / 0 = 1 OR yes
            F | zero / i <> 0
            U | NOT i / 0 = 1

            # only like types are compared; unlike ones are false, whatever the operator
            F | num = 2
            F | num <> 2
            F | num > 1
            F | num < 100
            F | num >= 2
            F | num BETWEEN 1 AND 3
            F | num NOT BETWEEN 1 AND 3
            F | num < numOther
            F | num > numOther
            T | num <> numOther
            F | i = s
            F | i <> s
            F | yes = s
            F | yes <> i
            F | yes > no
            F | i = 'red'
            F | i = '7'
            F | s = TRUE
            T | NOT i = '7'
            T | NOT num > 1

            # booleans
            T | yes = TRUE
            F | yes = FALSE
            T | yes <> FALSE
            T | no = FALSE
            T | no <> yes
            T | TRUE = TRUE
            T | TRUE <> FALSE
            T | (i > 5) = TRUE
            T | (i > 5) = yes
            T | (i > 5) <> (i > 50)
            U | (missing > 5) = TRUE
            U | yes = missing
            T | (NOT yes) = no

            # null
            T | missing IS NULL
            F | missing IS NOT NULL
            T | nul IS NULL
            F | nul IS NOT NULL
            F | s IS NULL
            T | s IS NOT NULL
            T | e IS NOT NULL
            F | e IS NULL
            T | zero IS NOT NULL
            T | no IS NOT NULL
            T | NOT missing IS NOT NULL
            U | missing = 1
            U | missing <> 1
            U | missing > 1
            U | missing = missing
            U | missing <> missing
            U | missing = 'a'
            U | missing = TRUE
            U | nul = nul
            U | missing BETWEEN 1 AND 2
            U | missing NOT BETWEEN 1 AND 2
            U | i BETWEEN missing AND 9
            F | i BETWEEN missing AND 5
            F | i BETWEEN 8 AND missing
            U | i BETWEEN 6 AND missing
            T | i NOT BETWEEN 8 AND missing
            U | i NOT BETWEEN 6 AND missing
            T | i NOT BETWEEN missing AND 6
            U | missing IN ('a')
            U | missing NOT IN ('a')
            U | missing LIKE '%'
            U | missing NOT LIKE '%'

            # BETWEEN
            T | i BETWEEN 7 AND 7
            T | i BETWEEN 1 AND 9
            F | i BETWEEN 8 AND 9
            F | i BETWEEN 9 AND 1
            T | i NOT BETWEEN 9 AND 1
            F | i NOT BETWEEN 7 AND 9
            T | i NOT BETWEEN 8 AND 9
            T | d BETWEEN 2 AND 3
            T | i + 1 BETWEEN i AND i * 2
            T | i BETWEEN 1 AND 9 AND yes
            F | i BETWEEN 1 AND 9 AND no
            T | i BETWEEN 8 AND 9 OR yes
            T | i BETWEEN - 1 AND + 9
            T | 5 BETWEEN 1 AND 9
            F | 5 NOT BETWEEN 1 AND 9
            T | NOT i BETWEEN 8 AND 9
            F | s BETWEEN 1 AND 9
            F | nan BETWEEN 1 AND 9
            F | nan NOT BETWEEN 1 AND 9

            # IN
            T | Country IN ('UK', 'US', 'France')
            F | Country IN ('US', 'France')
            F | Country NOT IN ('UK', 'US', 'France')
            T | Country NOT IN ('US')
            T | Country IN ('UK')
            T | Country IN ('UK', 'UK')
            F | Country IN ('uk')
            T | e IN ('')
            T | quoted IN ('it''s')
            F | i IN ('7')
            F | i NOT IN ('7')
            F | yes NOT IN ('7')
            T | NOT i IN ('7')
            T | NOT Country IN ('US')
            T | (Country) IN ('UK')
            T | Country IN('UK')AND yes

            # LIKE
            T | phone LIKE '12%3'
            F | word LIKE '12%3'
            F | phone NOT LIKE '12%3'
            T | word LIKE 'l_se'
            F | word LIKE 'l_e'
            F | word LIKE 'l__se'
            T | underscored LIKE '\\_%' ESCAPE '\\'
            F | word LIKE '\\_%' ESCAPE '\\'
            T | underscored LIKE '\\____' ESCAPE '\\'
            T | percent LIKE '%!%' ESCAPE '!'
            F | s LIKE '%!%' ESCAPE '!'
            T | percent LIKE '100!%' escape '!'
            T | percent LIKE '100%'
            T | percent LIKE '1__%%' ESCAPE '%'
            T | backslash LIKE 'a\\b'
            T | backslash LIKE 'a\\\\b' ESCAPE '\\'
            T | backslash LIKE 'a!\\b' ESCAPE '!'
            T | word LIKE '!l!o!s!e' ESCAPE '!'
            T | quoted LIKE '%''%'
            T | quoted LIKE 'it''''s' ESCAPE ''''
            T | word LIKE 'lose'
            F | word LIKE 'LOSE'
            F | word LIKE 'los'
            F | word LIKE 'oses'
            F | word LIKE ''
            T | e LIKE ''
            T | e LIKE '%'
            T | e LIKE '%%'
            F | e LIKE '_'
            T | word LIKE '%'
            T | word LIKE '%%%'
            T | word LIKE '____'
            F | word LIKE '___'
            F | word LIKE '_____'
            T | word LIKE '%____%'
            F | word LIKE '%_____%'
            T | word LIKE '_%_%_%_'
            T | word LIKE 'lo%se'
            F | word LIKE 'los%se'
            F | word LIKE 'lose%lose'
            T | word LIKE '%o%s%'
            F | word LIKE '%s%o%'
            T | word LIKE '%_s_%'
            T | word LIKE '%e'
            F | word LIKE '%l'
            T | word LIKE 'l%e'
            T | star LIKE 'a*b.c'
            F | word LIKE 'l.*'
            F | word LIKE '[a-z]%'
            T | lines LIKE 'one_two'
            T | lines LIKE '%two'
            T | controls LIKE '___'
            T | emoji LIKE '_x'
            F | emoji LIKE '__x'
            T | emoji LIKE '\uD83D\uDE00_'
            F | i LIKE '7'
            F | i NOT LIKE '7'
            F | yes NOT LIKE '7'
            T | NOT i LIKE '7'
            T | NOT word LIKE 'a%'
            T | (word) LIKE 'l%'

            # precedence: NOT, AND, OR; comparison before NOT; arithmetic before comparison
            T | yes OR no AND no
            F | (yes OR no) AND no
            T | no AND no OR yes
            F | no AND (no OR yes)
            T | NOT no AND yes
            F | NOT (no OR yes)
            T | NOT no OR yes
            T | NOT s = 'blue'
            T | NOT i > 8 AND i > 6
            T | yes AND NOT no AND yes OR no
            T | i > 5 AND i < 8 OR i = 100
            T | i = 7 OR i / 0 = 1
            T | s='red'AND i=7
            T | i>6AND(i<8)
            T | ((i) = (7))

            # headers
            T | JMSType = 'car'
            F | JMSType = 'bike'
            T | JMSType LIKE 'c%'
            T | JMSType IN ('car', 'bike')
            T | JMSType IS NOT NULL
            T | JMSType = 'car' AND s = 'red' AND i > 5
            T | JMSPriority = 6
            T | JMSPriority > 5
            T | JMSPriority BETWEEN 0 AND 9
            T | JMSPriority IS NOT NULL
            T | JMSDeliveryMode = 'NON_PERSISTENT'
            F | JMSDeliveryMode = 'PERSISTENT'
            T | JMSDeliveryMode <> 'PERSISTENT'
            T | JMSDeliveryMode LIKE 'NON%'
            T | JMSDeliveryMode IN ('NON_PERSISTENT')
            F | JMSDeliveryMode = 'non_persistent'
            T | JMSMessageID = 'ID:abc-1'
            T | JMSMessageID LIKE 'ID:%'
            F | JMSMessageID = 'abc-1'
            T | JMSTimestamp = 1700000000000
            T | JMSTimestamp > 1699999999999
            T | JMSTimestamp + 1 = 1700000000001
            T | JMSCorrelationID = 'corr'
            T | JMSCorrelationID <> s
            F | JMSType = i
            U | JMSXDeliveryCount = 1
            T | JMSXDeliveryCount IS NULL
            """;

    static Stream<String> cases() {
        return Arrays.stream(CASES.replaceAll("(?m)^#.*$", "").split("\n(?=[TFU] \\| )|\n\n+"))
                .map(String::strip)
                .filter(line -> !line.isEmpty());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void anExpressionHasTheTruthThatTheSpecificationGivesIt(String line) {
        assertThat(Selections.truth(line.substring(4), MESSAGE)).isEqualTo(truth(line.charAt(0)));
    }

    @Test
    void theTableIsLong() {
        assertThat(cases().count()).isGreaterThan(300);
    }

    private static Truth truth(char letter) {
        return letter == 'T' ? Truth.TRUE : letter == 'F' ? Truth.FALSE : Truth.UNKNOWN;
    }

    /** Tables 3-4 to 3-6, with operands of which only the message tells, and with constants. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "T AND T = T", "T AND F = F", "T AND U = U", "F AND T = F", "F AND F = F", "F AND U = F",
                "U AND T = U", "U AND F = F", "U AND U = U", "T OR T = T", "T OR F = T", "T OR U = T",
                "F OR T = T", "F OR F = F", "F OR U = U", "U OR T = T", "U OR F = U", "U OR U = U",
                "NOT T = F", "NOT F = T", "NOT U = U"
            })
    void truthTablesAreThoseOfTheSpecification(String row) {
        String[] sides = row.split(" = ");
        for (String[] operands :
                new String[][] {{"yes", "no", "missing"}, {"TRUE", "FALSE", "1 / 0 = 1"}, {"i = 7", "i = 8", "nul = 1"}
                }) {
            String selector = sides[0].replaceAll("\\bT\\b", operands[0])
                    .replaceAll("\\bF\\b", operands[1])
                    .replaceAll("\\bU\\b", operands[2]);
            assertThat(Selections.truth(selector, MESSAGE)).as(selector).isEqualTo(truth(sides[1].charAt(0)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\r\n\f "})
    void aSelectorWithoutTextMatchesEverything(String text) {
        assertThat(Selections.matches(text, MESSAGE)).isTrue();
    }

    @Test
    void whitespaceIsThatOfJava() {
        assertThat(Selections.matches("\t s\r\n=\f'red' \n", MESSAGE)).isTrue();
    }
}
