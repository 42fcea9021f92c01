package org.fulmar.ra.outbound;

import jakarta.resource.spi.ManagedConnectionMetaData;

/**
 * What a server may know of a managed connection. Immutable.
 *
 * @param getUserName empty if there is none
 */
record AdapterMetaData(String getUserName) implements ManagedConnectionMetaData {
    @Override
    public String getEISProductName() {
        return "Fulmar";
    }

    @Override
    public String getEISProductVersion() {
        return "0.1";
    }

    /** No limit is known. */
    @Override
    public int getMaxConnections() {
        return 0;
    }
}
