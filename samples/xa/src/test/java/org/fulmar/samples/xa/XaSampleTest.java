package org.fulmar.samples.xa;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.samples.xa.Transfers.Kill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The sample itself, with fewer kills: its program on each side of the decision, its broker in the middle and at work. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class XaSampleTest {
    @Test
    void everyTransferIsWholeAfterKillsBetweenPrepareAndCommit(@TempDir Path directory) throws Exception {
        List<Kill> kills = List.of(
                new Kill(true, Moment.ALL_PREPARED),
                new Kill(false, Moment.DECIDED),
                new Kill(true, Moment.FIRST_COMMITTED));

        assertThat(XaSample.run(directory, 15, 5, kills)).isTrue();
    }
}
