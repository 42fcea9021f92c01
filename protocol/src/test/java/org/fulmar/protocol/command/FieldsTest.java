package org.fulmar.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.fulmar.protocol.frame.FrameException;
import org.junit.jupiter.api.Test;

/** Named fields are read as what they should be, and an error names the field. */
class FieldsTest {
    @Test
    void whatIsWrittenIsRead() {
        Fields written = Fields.write()
                .put("text", "t")
                .put("none", null)
                .put("long", Long.MIN_VALUE)
                .put("int", Integer.MAX_VALUE)
                .put("yes", true)
                .put("no", false);
        Fields in = Fields.of(Map.copyOf(written.map()));
        assertThat(in.text("text")).isEqualTo("t");
        assertThat(in.optional("none")).isNull();
        assertThat(in.number("long")).isEqualTo(Long.MIN_VALUE);
        assertThat(in.integer("int")).isEqualTo(Integer.MAX_VALUE);
        assertThat(in.bool("yes", false)).isTrue();
        assertThat(in.bool("no", true)).isFalse();
    }

    @Test
    void whatIsNotThereHasTheDefault() {
        Fields in = Fields.of(Map.of("empty", ""));
        assertThat(in.text("x", "d")).isEqualTo("d");
        assertThat(in.text("empty", "d")).isEmpty();
        assertThat(in.number("x", 5)).isEqualTo(5);
        assertThat(in.number("empty", 5)).isEqualTo(5);
        assertThat(in.integer("x", 6)).isEqualTo(6);
        assertThat(in.bool("x", true)).isTrue();
        assertThat(in.bool("empty", true)).isFalse();
    }

    @Test
    void whatIsMissingOrMalformedIsNamed() {
        Fields in = Fields.of(Map.of("empty", "", "word", "eleven", "long", "2147483648"));
        for (Runnable read : new Runnable[] {
            () -> in.text("gone"), () -> in.number("gone"), () -> in.integer("gone"),
        }) {
            assertThatThrownBy(read::run).isInstanceOf(FrameException.class).hasMessageContaining(" gone is missing");
        }
        for (String name : new String[] {"empty", "word"}) {
            assertThatThrownBy(() -> in.number(name))
                    .isInstanceOf(FrameException.class)
                    .hasMessageContaining(" " + name + " is no number");
        }
        assertThatThrownBy(() -> in.number("word", 1)).isInstanceOf(FrameException.class);
        assertThatThrownBy(() -> in.integer("long"))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining(" long is out of range: 2147483648");
        assertThatThrownBy(() -> in.integer("long", 1)).isInstanceOf(FrameException.class);
    }
}
