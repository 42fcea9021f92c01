package org.fulmar.broker.server;

import java.nio.file.Path;
import org.fulmar.broker.store.ForwardingDisk;
import org.fulmar.broker.store.NioDisk;

/** The real disk, but for how full it is said to be. */
final class FillingDisk extends ForwardingDisk {
    private volatile int usedPercent;

    FillingDisk() {
        super(new NioDisk());
    }

    void usedPercent(int percent) {
        usedPercent = percent;
    }

    @Override
    public Space space(Path path) {
        long all = 100L << 20;
        long used = all / 100 * usedPercent;
        return new Space(used, all - used);
    }
}
