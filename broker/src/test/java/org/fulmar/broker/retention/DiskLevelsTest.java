package org.fulmar.broker.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import org.fulmar.broker.store.Disk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class DiskLevelsTest {
    private final DiskLevels levels =
            new DiskLevels(new RetentionOptions(0, new BitSet(), 75, 85, 90, 1000, 0, 10, 50, 1));

    @Test
    void levelsBeginAtTheirPercentAndMessagesAreTakenAgainTwoBelow() {
        assertThat(levels.update(0.7499, 0.7499)).isEqualTo(DiskLevel.NORMAL);
        assertThat(levels.update(0.75, 0.75)).isEqualTo(DiskLevel.HIGH);
        assertThat(levels.update(0.8499, 0.8499)).isEqualTo(DiskLevel.HIGH);
        assertThat(levels.update(0.85, 0.85)).isEqualTo(DiskLevel.FORCED);
        assertThat(levels.update(0.8999, 0.8999)).isEqualTo(DiskLevel.FORCED);
        assertThat(levels.update(0.90, 0.90)).isEqualTo(DiskLevel.REFUSING);
        assertThat(levels.update(0.881, 0.881)).isEqualTo(DiskLevel.REFUSING);
        assertThat(levels.update(0.88, 0.88)).isEqualTo(DiskLevel.FORCED);
        assertThat(levels.update(0.881, 0.881)).isEqualTo(DiskLevel.FORCED);
        assertThat(levels.update(0.95, 0.95)).isEqualTo(DiskLevel.REFUSING);
        assertThat(levels.update(0.5, 0.5)).isEqualTo(DiskLevel.NORMAL);
        assertThat(levels.update(0.5, 0.9)).as("deleted, but not free yet").isEqualTo(DiskLevel.REFUSING);
    }

    @Test
    void whatDeletedFilesStillTakeCountsAsFree() {
        Disk.Space space = new Disk.Space(90, 10);
        assertThat(space.ratio(0)).isEqualTo(0.9);
        assertThat(space.ratio(40)).isEqualTo(0.5);
        assertThat(space.ratio(95)).isZero();
    }

    @Test
    void severalHoursOfTheDayCanBeNamed() {
        assertThat(RetentionOptions.hours("04").stream()).containsExactly(4);
        assertThat(RetentionOptions.hours("04;16; 7").stream()).containsExactly(4, 7, 16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "24", "-1", "4,5", "four"})
    void whatIsNoHourIsRefused(String text) {
        assertThatThrownBy(() -> RetentionOptions.hours(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("deleteWhen takes hours from 00 to 23");
    }
}
