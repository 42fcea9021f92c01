/** The JMS operations (codes 20000 to 20999): one record and one binary codec per operation. */
@NullMarked
package org.fulmar.protocol.jms;

import org.jspecify.annotations.NullMarked;
