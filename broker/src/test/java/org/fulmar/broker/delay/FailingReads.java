package org.fulmar.broker.delay;

import java.io.IOException;
import java.nio.file.Path;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.DiskFile;
import org.fulmar.broker.store.ForwardingDisk;

/** A disk whose files can't be opened while that is said. */
final class FailingReads extends ForwardingDisk {
    boolean failing;

    FailingReads(Disk disk) {
        super(disk);
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        if (failing) {
            throw new IOException("Too many open files");
        }
        return super.open(file);
    }
}
