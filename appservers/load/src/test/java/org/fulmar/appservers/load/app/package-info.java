/** What runs in the server. */
package org.fulmar.appservers.load.app;
