/** The wire protocol and the transport that clients, brokers and name servers share. */
@NullMarked
package org.fulmar.protocol;

import org.jspecify.annotations.NullMarked;
